abstract class Shape<T extends object = {}> {
  abstract area(): number
  protected abstract readonly name: string;
  static #count = 0
  public static make?(): void
  describe(this: Shape<T>): string { return `${this.area()}` }
}
class Square extends Shape<{}> implements Iterable<number>, Other<string> {
  constructor(public side: number) { super() }
  area() { return this.side ** 2 }
  override *[Symbol.iterator](): Generator<number> { yield this.side }
}
export default new Square(2).area();
