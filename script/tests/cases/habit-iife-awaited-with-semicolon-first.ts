;await (async function () {
  return 1;
})()
