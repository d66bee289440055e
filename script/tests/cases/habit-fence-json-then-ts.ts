The input looks like this:

```json
{ "owner": "o" }
```

And the script:

```typescript
import { list_issues } from "mcp:github";
export default await list_issues({ owner: "o" });
```
