import { list_issues } from "mcp:github";

const page = list_issues({ owner: "o" });
export default page.items.length;
