const tools = { get issues() { return github.list_issues; }, ["a" + "b"]: github.get_me };
const name = Symbol.iterator;
export default await tools.issues({ owner: "o" });
