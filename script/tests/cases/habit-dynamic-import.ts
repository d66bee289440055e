const { list_issues } = await import("mcp:github");
const fs = await import("fs");
export default await list_issues({ owner: "o" });
