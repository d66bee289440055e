/**
 * Counts the open issues.
 * @returns {Promise<number>}
 */
// eslint-disable-next-line
import { list_issues } from "mcp:github"; /* the server */

// The result.
export default (await list_issues({ owner: "o", repo: "r" })).length; // done
/* end */
