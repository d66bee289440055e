namespace Tools {
  const base = 2;
  export const limit: number = base * 5;
  export function twice(n: number): number { return n * 2 + limit; }
  export class Box<T> { value?: T }
  export enum Color { Red }
  export namespace Inner { export const deep = 1; }
}
export default [Tools.twice(1), Tools.limit, Tools.Inner.deep];
