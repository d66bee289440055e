const A = class<T> implements B { x?: T };
const C = class implements B {};
const D = class extends A<string> implements B, E<F> {};
export default [new A(), new C(), new D()].length;
