let a = 1 as any
(globalThis as any).x = a
const b = a satisfies number
[1, 2].map(String)
export default b as number
