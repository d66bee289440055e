// What a skill in JavaScript or TypeScript needs beside its bindings: tool errors as exceptions, and `run` over values.
// Copied into a skill by `mcp-codegen new`. It calls nothing by itself.

/** A tool call without a result. `kind` is the case of `tool-error`, and `error` the whole variant. */
export class ToolError extends Error {
  constructor(error) {
    super(textOf(error));
    this.name = "ToolError";
    this.kind = error.tag;
    this.error = error;
  }
}

/** The input is not what the skill takes: throw it from the function that is given to `skill`. */
export class InvalidInput extends Error {}

/** Calls a tool. What the bindings throw becomes a `ToolError`. */
export function call(tool, ...parameters) {
  try {
    return tool(...parameters);
  } catch (thrown) {
    throw thrown?.payload?.tag === undefined ? thrown : new ToolError(thrown.payload);
  }
}

/** The `run` of a function from the input's value to the result's. What it throws becomes a `skill-error`. */
export function skill(work) {
  return (input) => {
    try {
      return json(work(JSON.parse(input)));
    } catch (thrown) {
      throw skillError(thrown);
    }
  };
}

function json(result) {
  if (typeof result?.then === "function") {
    throw new TypeError("the skill returned a promise: tools answer at once here, so leave out `async` and `await`");
  }
  const text = JSON.stringify(result);
  if (text === undefined) throw new TypeError(`the skill returned ${result === undefined ? "undefined" : `a ${typeof result}`}: return a JSON value`);
  return text;
}

function skillError(thrown) {
  if (thrown instanceof ToolError) return { tag: "tool", val: thrown.error };
  if (thrown?.payload?.tag !== undefined) return { tag: "tool", val: thrown.payload };
  if (thrown instanceof InvalidInput) return { tag: "invalid-input", val: thrown.message };
  // The build finds the place in the source, from the stack.
  return { tag: "failed", val: thrown instanceof Error ? words(thrown) : String(thrown), stack: thrown?.stack };
}

function words(error) {
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}

/** What the tool itself said, where it ran and failed; else the host's reason. */
function textOf(error) {
  if (error.tag !== "failed") return `${error.tag}: ${error.val}`;
  const texts = error.val.content.filter((block) => block.tag === "text").map((block) => block.val);
  return texts.join("\n") || "the tool failed and did not say why";
}
