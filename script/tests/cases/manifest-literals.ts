import { f } from "mcp:t";
f({ a: null, b: undefined, c: [true, , 2.5], "d-e": { [`g`]: `h` }, 7: 1e3, i() {}, get j() { return 1; }, k: x => x });
f({ [Math.random()]: 1, ...{ a: 1 } } as any);
f("text");
f(...[]);
f(input, 2);
f(`a${1}`);
await f?.({ __proto__: null, a: void 0, b: +1, c: !0, d: -2, e: (3), f: <any>"x" });
export default [1].map(f);
