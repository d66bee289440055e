async function main() {
  const me = await github.get_me({});
  return me.login;
}

main();
