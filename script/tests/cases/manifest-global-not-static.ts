const run = (name) => github[name]({});
export default [await run("a"), await github.get_me({})];
