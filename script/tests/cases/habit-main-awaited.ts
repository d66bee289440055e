async function main(): Promise<string> {
  return (await github.get_me({})).login;
}
await main();
