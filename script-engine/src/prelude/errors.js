// `ToolError`, errors of the host's interfaces, and what is said of a value that was thrown.
(function (native, p, hooks) {
  const FRAMES = 20;
  Error.stackTraceLimit = FRAMES;
  // From here on these are plain properties: the engine asks no function of a script for the place of an error, and no
  // value of it hides that place.
  p.hidden(Error, "stackTraceLimit", FRAMES);
  p.hidden(Error, "prepareStackTrace", undefined);

  const fill = (error, given) => {
    p.own(error, "server", given.server);
    p.own(error, "tool", given.tool);
    p.own(error, "code", given.code);
    p.own(error, "retryable", given.retryable === true);
    p.own(error, "details", given.details);
  };
  class ToolError extends p.Error {
    constructor(fields) {
      const given = typeof fields === "object" && fields !== null ? fields : { message: fields };
      super(given.message === undefined ? "" : p.concat(given.message));
      fill(this, given);
    }
  }
  p.hidden(ToolError.prototype, "name", "ToolError");
  p.hidden(globalThis, "ToolError", ToolError);
  // The text of each `ToolError` that the host made: a script cannot set that.
  const made = new p.WeakMap();
  hooks.ToolError = ToolError;
  hooks.wellFormed = (text) => p.wellFormed(text);

  // A stack without the prelude's own frames.
  const outside = (stack) => {
    if (typeof stack !== "string") return "";
    const lines = p.split(stack, "\n");
    let kept = "";
    for (let i = 0; i < lines.length; i++) {
      if (lines[i] !== "" && p.indexOf(lines[i], "(engine:") < 0 && p.indexOf(lines[i], "(native)") < 0) kept += lines[i] + "\n";
    }
    return kept;
  };

  // Each call takes it, and few calls fail: the engine's own frames are removed when one does.
  hooks.stack = () => {
    try {
      return p.errorStack(new p.Error());
    } catch {
      return "";
    }
  };

  hooks.toolError = (fields, stack, json) => {
    // Not by the constructor, whose parent a script can change.
    const error = p.construct(p.Error, [fields.message], ToolError);
    fill(error, fields);
    p.weakSet(made, error, json);
    p.hidden(error, "stack", outside(stack));
    return error;
  };

  hooks.hostError = (name, code, message) => {
    const error = new p.Error(message);
    p.hidden(error, "name", name);
    p.own(error, "code", code);
    p.hidden(error, "stack", outside(p.errorStack(error)));
    return error;
  };

  const MESSAGE = 4000;
  const STACK = 16000;
  const CAUSES = 3;

  const cut = (text, most) => p.wellFormed(text.length > most ? p.concat(p.slice(text, 0, most - 3), "...") : text);

  // The text of a property, or none where it has no text or cannot be read.
  const textOf = (object, name) => {
    try {
      const value = object[name];
      return typeof value === "string" ? cut(value, STACK) : undefined;
    } catch {
      return undefined;
    }
  };

  // The stack that the error has, or the one that the engine took when it was made: `stack` is a getter that a script can
  // replace.
  const stackOf = (error) => {
    try {
      const own = p.getOwn(error, "stack");
      if (own !== undefined && typeof own.value === "string") return cut(own.value, STACK);
      const taken = p.errorStack(error);
      return typeof taken === "string" ? cut(taken, STACK) : textOf(error, "stack");
    } catch {
      return undefined;
    }
  };

  const isError = (value) => {
    try {
      return p.isError(value) || p.instance(p.Error, value);
    } catch {
      return false;
    }
  };

  const sentence = (error, depth) => {
    const name = textOf(error, "name") ?? "Error";
    const message = textOf(error, "message") ?? "";
    let text = message === "" ? name : p.concat(name, ": ", message);
    if (depth >= CAUSES) return text;
    try {
      const errors = error.errors;
      if (p.isArray(errors) && errors.length > 0) text += p.concat("; the first of ", errors.length, " errors: ", shown(errors[0], depth + 1));
      if (p.hasOwn(error, "cause")) text += p.concat("; caused by ", shown(error.cause, depth + 1));
    } catch {
      // A getter threw: the error is shown without it.
    }
    return cut(text, MESSAGE);
  };

  const shown = (value, depth) => {
    if (isError(value)) return sentence(value, depth);
    try {
      if (typeof value === "string") return cut(value, MESSAGE);
      if (typeof value === "symbol") return cut(p.symbolToString(value), MESSAGE);
      if (typeof value === "function") return "a function";
      if (typeof value !== "object" || value === null) return p.concat(value);
      return cut(hooks.inspect(value), MESSAGE);
    } catch {
      return "a value that cannot be shown";
    }
  };

  // What a global name is missing for, and what to use instead.
  const calls = "import the tool of a server";
  const missing = {
    __proto__: null,
    fetch: calls, XMLHttpRequest: calls, WebSocket: calls, EventSource: calls, Request: calls, Response: calls, Headers: calls,
    FormData: calls, navigator: calls,
    Intl: "format numbers and dates with `toFixed`, `toISOString` or `padStart`",
    Temporal: "use `Date`, which is in UTC",
    require: 'write `import { ... } from "mcp:SERVER"`; there are no packages',
    module: "write `export default`", exports: "write `export default`",
    process: 'read `input` from "mcp-host"', Deno: 'use "mcp-host"', Bun: 'use "mcp-host"',
    Buffer: "use `Uint8Array`, `TextEncoder` or `atob`",
    __dirname: "a script has no directory", __filename: "a script has no file",
    window: "there is no browser: use `globalThis`", document: "there is no browser", localStorage: 'use `state` from "mcp-host"',
    sessionStorage: 'use `state` from "mcp-host"', alert: "use `console.log`", prompt: 'read `input` from "mcp-host"',
    confirm: 'read `input` from "mcp-host"',
    setImmediate: "use `setTimeout`", requestAnimationFrame: "use `setTimeout`",
    AbortController: "a call cannot be aborted; `Promise.race` with a timer stops waiting for it",
    AbortSignal: "a call cannot be aborted; `Promise.race` with a timer stops waiting for it",
    Worker: "calls overlap with `Promise.all`", WebAssembly: "there is no compiler in the sandbox",
    SharedArrayBuffer: "a script has one thread", Atomics: "a script has one thread",
    Blob: "use `Uint8Array`", File: "use `Uint8Array`", FileReader: 'use `readFile` from "mcp-host"',
    ReadableStream: "an answer comes whole", CompressionStream: "there is no compression",
    Iterator: "use a generator",
  };

  const hinted = (message) => {
    const ending = " is not defined";
    const at = p.indexOf(message, ending);
    if (at < 0 || at + ending.length !== message.length) return message;
    const start = p.indexOf(message, ": ") + 2;
    const name = p.slice(message, start, at);
    return name in missing ? p.concat("ReferenceError: a script has no `", name, "`: ", missing[name]) : message;
  };

  // [kind, message, stack, JSON of the tool error], each a text that ends.
  hooks.describe = (value) => {
    const object = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!object || !isError(value)) return ["exception", cut(p.concat("uncaught ", shown(value, 0)), MESSAGE), "", undefined];
    const message = hinted(sentence(value, 0));
    const stack = stackOf(value) ?? "";
    let json;
    try {
      json = p.weakGet(made, value);
    } catch {
      json = undefined;
    }
    let kind = "exception";
    if (json !== undefined) kind = "tool";
    else if (message === "InternalError: out of memory") kind = "out-of-memory";
    else if (message === "RangeError: Maximum call stack size exceeded") kind = "recursion";
    return [kind, message, stack, json];
  };
})
