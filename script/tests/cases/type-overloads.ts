function f(a: string): string
function f(a: number): number
function f(a: any) { return a }
class A {
  b = 1
  m(a: string): void
  m(a: number): void
  ["m"](a: any) {}
}
export default f(1)
