import { get_issue as g } from "mcp:github";
import * as g\u{69}thub from "mcp:git\u0068ub";
await \u0067({ n: 1 });
export default await github.\u0067et_me({});
