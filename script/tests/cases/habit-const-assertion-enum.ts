import { list_issues } from "mcp:github";

const STATES = ["open", "closed"] as const;
type State = (typeof STATES)[number];
const enum Sort { Created = "created", Updated = "updated" }

const counts = {} as Record<State, number>;
for (const state of STATES) counts[state] = (await list_issues({ state, sort: Sort.Created })).length;
export default counts;
