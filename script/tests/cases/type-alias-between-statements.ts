const a = 1
type A = string
(console).log(a)
interface B { a: string }
[1].at(0)
export default a
