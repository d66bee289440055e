// Written by `mcp-host build` from the WIT of the skill. Do not edit.
import * as t from "./integers.js";

const askParams1 = t.record({ atFirst: t.list(t.option(t.u8)), pair: t.tuple([null, t.s64]), twice: t.variant({ some: t.option(t.u16) }) });
const point2 = t.record({ x: t.u64 });
const shape3 = t.variant({ "dot": point2, "raw": t.bytes });
const tools4 = {
  ask: { name: "ask", takes: [{ name: "params", type: askParams1 }], gives: t.list(shape3), fails: t.u32 },
};
const counts5 = {
  count: { name: "count", takes: [], gives: t.u32, fails: null },
};

export const exports = {
  delete: { name: "delete", takes: [{ name: "at", type: point2 }], gives: null, fails: null },
  counts: counts5,
};

export const done = t.intercept([
  tools4,
  tools4,
]);
