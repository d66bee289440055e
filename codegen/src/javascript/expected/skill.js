// Written by `mcp-host build` from the WIT of the skill. Do not edit.
import { done, exports } from "./types.js";
import "a:b/tools@1.2.0";
import "a:b/tools";
import "a:b/quiet@1.2.0";
import "a:b/quiet";
import "./console.js";
import { exported, exportedInterface } from "./outcome.js";
import { sources } from "./sources.js";
import * as skill from "../../src/skill.js";

done();
export * from "../../src/skill.js";
const delete_ = exported((...values) => skill.delete(...values), exports.delete, sources);
export { delete_ as delete };
const default_ = exported((...values) => skill.default(...values), exports.default, sources);
export { default_ as default };
const say_ = exported((...values) => skill.say(...values), exports.say, sources);
export { say_ as say };
const counts_ = exportedInterface(skill.counts, exports.counts, sources);
export { counts_ as counts };
