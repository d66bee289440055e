1. Run this:

   ```ts
   import { list_issues } from "mcp:github";
   export default (await list_issues({ owner: "o" })).length;
   ```
