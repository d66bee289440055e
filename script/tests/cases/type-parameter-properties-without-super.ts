class A { constructor() {} }
class B extends A {
  constructor(private a: string) {
    if (a) { super(); } else { super(); }
  }
}
export default new B("x");
