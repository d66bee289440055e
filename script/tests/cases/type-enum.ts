enum Plain { A, B, C = 10, D }
const enum Small { X = 1 << 2, Y = X | 1, Z = -1, W = Y }
export enum Text {
  One = "one", // the first
  "two-2" = "two",
  Three = `three`,
}
enum Computed { Len = "abc".length, Next = 5 }
enum Ref { A = Plain.C, B = Math.max(1, 2) }
function f() { enum Inner { A } return Inner.A; }
export default [Plain.D, Small.Y, Text["two-2"], Computed.Len, Plain[0], f()];
