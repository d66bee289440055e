// What a skill in TypeScript needs beside its bindings: tool errors as exceptions, and `run` over values.
// Copied into a skill by `mcp-codegen new`. It calls nothing by itself.
import type { SkillError, ToolError as Case } from "mcp:tools/types@0.1.0";

/** A tool call without a result. `kind` is the case of `tool-error`, and `error` the whole variant. */
export class ToolError extends Error {
  readonly kind: Case["tag"];

  constructor(readonly error: Case) {
    super(textOf(error));
    this.name = "ToolError";
    this.kind = error.tag;
  }
}

/** The input is not what the skill takes: throw it from the function that is given to `skill`. */
export class InvalidInput extends Error {}

/** Calls a tool. What the bindings throw becomes a `ToolError`. */
export function call<P extends unknown[], R>(tool: (...parameters: P) => R, ...parameters: P): R {
  try {
    return tool(...parameters);
  } catch (thrown) {
    const error = payload(thrown);
    throw error === undefined ? thrown : new ToolError(error);
  }
}

/** The `run` of a function from the input's value to the result's. What it throws becomes a `skill-error`. */
export function skill<I, O>(work: (input: I) => O): (input: string) => string {
  return (input) => {
    try {
      return json(work(JSON.parse(input)));
    } catch (thrown) {
      throw skillError(thrown);
    }
  };
}

function json(result: unknown): string {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function") {
    throw new TypeError("the skill returned a promise: tools answer at once here, so leave out `async` and `await`");
  }
  const text: string | undefined = JSON.stringify(result);
  if (text === undefined) throw new TypeError(`the skill returned ${result === undefined ? "undefined" : `a ${typeof result}`}: return a JSON value`);
  return text;
}

/** The build finds the place in the source, from the stack. */
function skillError(thrown: unknown): SkillError & { stack?: string } {
  const error = thrown instanceof ToolError ? thrown.error : payload(thrown);
  if (error !== undefined) return { tag: "tool", val: error };
  if (thrown instanceof InvalidInput) return { tag: "invalid-input", val: thrown.message };
  if (!(thrown instanceof Error)) return { tag: "failed", val: String(thrown) };
  const words = thrown.name === "Error" ? thrown.message : `${thrown.name}: ${thrown.message}`;
  return thrown.stack === undefined ? { tag: "failed", val: words } : { tag: "failed", val: words, stack: thrown.stack };
}

/** The error that the bindings throw has the WIT value as its `payload`. */
function payload(thrown: unknown): Case | undefined {
  const value = (thrown as { payload?: Case } | null | undefined)?.payload;
  return value?.tag === undefined ? undefined : value;
}

/** What the tool itself said, where it ran and failed; else the host's reason. */
function textOf(error: Case): string {
  if (error.tag !== "failed") return `${error.tag}: ${error.val}`;
  const texts = error.val.content.flatMap((block) => (block.tag === "text" ? [block.val] : []));
  return texts.join("\n") || "the tool failed and did not say why";
}
