// Written by `mcp-host build` from the WIT of the skill. Do not edit.
import * as t from "./values.js";

const askParams1 = t.record({ atFirst: t.list(t.option(t.u8)), name: t.string, pair: t.tuple([t.string, t.s64]), twice: t.variant({ "some": t.option(t.u16), "none": null }) });
const point2 = t.record({ x: t.u64, y: t.option(t.float) });
const shape3 = t.variant({ "nothing": null, "dot": point2, "raw": t.bytes, "text": t.string });
const tools4 = { of: "a:b/tools@1.2.0", functions: {
  ask: { name: "ask", takes: [{ name: "params", type: askParams1 }], gives: t.list(shape3), fails: t.u32 },
  say: { name: "say", takes: [{ name: "text", type: t.string }], gives: t.string, fails: null },
} };
const quiet5 = { of: "a:b/quiet@1.2.0", functions: {
  say: { name: "say", takes: [{ name: "text", type: t.string }], gives: t.string, fails: null },
} };
const mood6 = t.oneOf(["fine", "sad"]);
const counts7 = { of: "counts", functions: {
  count: { name: "count", takes: [], gives: t.u32, fails: null },
} };

export const exports = {
  delete: { name: "delete", takes: [{ name: "at", type: point2 }], gives: t.bool, fails: null },
  default: { name: "default", takes: [{ name: "text", type: t.json }], gives: mood6, fails: t.string },
  say: { name: "say", takes: [{ name: "text", type: t.string }], gives: t.string, fails: null },
  counts: counts7,
};

export const done = t.intercept([
  tools4,
  tools4,
  quiet5,
  quiet5,
]);
