```ts
import { list_issues } from "mcp:github";
export default (await list_issues({ owner: "o" })).length;
```

**How it works**: it lists the issues (up to 100), and counts them. Let me know if you need `closed` ones too!
