function isString(x: unknown): x is string { return typeof x === "string"; }
function assert(x: unknown): asserts x {}
function assertString(x: unknown): asserts x is string {}
const keys = Object.keys({ a: 1 }) as (keyof { a: 1 })[];
type A = { [K in "a" | "b"]?: K extends "a" ? 1 : never };
type B = `x${string}`;
type C = typeof keys;
type D = import("x").Y;
export default isString(keys[0]);
