import { list_issues } from "mcp:github";

declare global {
  interface Array<T> { last(): T | undefined }
  var cache: Map<string, unknown>;
}

declare const tag: unique symbol;
type Id = string & { readonly [tag]: true };

Array.prototype.last = function () { return this[this.length - 1]; };
export default ((await list_issues({ owner: "o" })) as Id[]).last();
