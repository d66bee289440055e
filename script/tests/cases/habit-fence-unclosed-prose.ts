Sure! Here is the script:

```ts
import { list_issues } from "mcp:github";
export default (await list_issues({ owner: "o" })).length;
