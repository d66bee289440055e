let a: number
[a] = [1]
const f = foo<string>
;(f)
function foo<T>(x?: T) { return x }
export default a
