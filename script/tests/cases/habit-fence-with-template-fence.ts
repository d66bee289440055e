```ts
import { list_issues } from "mcp:github";
const issues = await list_issues({ owner: "o" });
export default `Report:
\`\`\`json
${JSON.stringify(issues)}
\`\`\``;
```
