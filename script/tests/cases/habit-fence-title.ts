```typescript title="count.ts" {1,3}
import { list_issues } from "mcp:github";
export default (await list_issues({ owner: "o" })).length;
```
