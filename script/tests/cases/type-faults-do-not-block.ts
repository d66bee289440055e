class A { abstract f(): void; }
const a: number = "text";
function g(a?: number, b: string) {}
export default a;
