// Written by `mcp-host build` from the WIT of the skill. Do not edit.
import { done, exports } from "./types.js";
import "a:b/tools@1.2.0";
import "a:b/tools";
import { exported, exportedInterface } from "./integers.js";
import * as skill from "../../src/skill.js";

done();
export * from "../../src/skill.js";
const delete_ = exported((...values) => skill.delete(...values), exports.delete);
export { delete_ as delete };
const counts_ = exportedInterface(skill.counts, exports.counts);
export { counts_ as counts };
