const a = new Map<string, Array<Map<string, number>>>();
const b = f<number>(1);
const c = f<string>`x`;
const d = <T extends string>(x: T) => x;
function f<const T, in out U = string>(x: T) { return x; }
const e = f<string>;
export default a.size;
