const { list_issues } = await import("mcp:github");
export default await list_issues({ owner: "o" });
