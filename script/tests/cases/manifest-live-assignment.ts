let tool;
tool = github.get_me;
export default await tool({ a: 1 });
