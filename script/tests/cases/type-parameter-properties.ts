class A {
  constructor(private readonly a: string, public b = 2, c: number) {
    "use strict";
    console.log(a, b, c);
  }
}
class B extends A {
  constructor(protected d: string) {
    console.log("before");
    super(d, 1, 2);
    console.log(this.d);
  }
}
export default new B("x");
