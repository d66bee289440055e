import { list_issues as list, type Issue } from "mcp:github";
import type { Repo } from "mcp-server:github/tools";
import { Label, "get-issue" as getIssue } from "mcp:github@1.2.0";
import * as fs from "mcp:filesystem";
import { input, log } from "mcp-host";
import earlier from "run:r_7f3k2m9q";

interface Options<T = string> {
  owner: T;
}
type Pair = [a: string, b?: number];
declare const outside: number;
declare global { interface Window { a: 1 } }
export type { Pair };
function pick<T extends object, K extends keyof T>(this: unknown, from: T, key: K): T[K] {
  return from[key]!;
}
function over(a: string): string;
function over(a: number): number;
function over(a: any): any { return a as any }
abstract class Base<T> implements Iterable<T>, Other {
  private readonly a: string = "x" as string
  protected b?: number
  c!: Label
  declare d: string
  [key: string]: unknown
  abstract e(): void
  get: string
  constructor(private name: string, public readonly id = 1, other?: Repo) { log(name); }
  public async *[Symbol.iterator](): AsyncGenerator<T> {}
  override get f(): number { return 1 }
}
class Sub extends Base<string> implements Other {
  constructor(private readonly more: Map<string, number>) {
    super("a");
  }
}
const arrow = async <T,>(a: T, b?: string): Promise<T> => a;
const late = (a: number): {
  x: number
} => ({ x: a });
const generic = async <
  T
>(a: T) => a;
const made = new Map<string, Pair>();
const value = <Options>{ owner: "a" };
const other = { a: 1 } satisfies Record<string, number>
;[1].forEach((x: number) => x);
let any = input as any
(log).info("a");
for (const x of list as any as number[]) {}
try {} catch (e: unknown) {}
enum Color { Red, Green = "g", Blue = 1 << 3, Long = Red + 2 }
const enum Small { A = 1 }
label: for (const issue of await list({ owner: "o", repo: `r`, limit: 5, labels: ["a", ...[]], n: -1, ...{} })) break label;
const got = await getIssue!({ issue: { number: 1 } });
const text = await fs.read_text_file({ path: "/a" });
const { write_file: write, ["list"]: l2 } = fs;
await write({ path: `${text}` });
export default { got, earlier } as const;
