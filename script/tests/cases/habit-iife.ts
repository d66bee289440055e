(async () => {
  const me = await github.get_me({});
  return me;
})();
