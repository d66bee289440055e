Here's the script that counts open issues:

```typescript
import { list_issues } from "mcp-server:github/tools";

const issues = await list_issues({ owner: "o", repo: "r", state: "open" });
export default issues.length;
```

It calls `list_issues` once. Let me know if you'd like labels as well!
