// Stands between the host and a skill's functions: what a function returns or throws becomes what its type has, with the
// place in the skill's source, and `console` writes to the log. `mcp-host build` puts this into the component.
import { receive, send } from "./values.js";

/** A function that the skill is called through. `sources` are the places of compiled files. */
export function exported(target, { name, takes, gives, fails, is }, sources) {
  return (...values) => {
    // `describe` may not call the host.
    const before = writes;
    if (is !== "describe") start();
    try {
      const settled = values.map((value, at) => (takes[at].type.receive ? receive({ value }, "value", takes[at].type, `what \`${name}\` is given`).value : value));
      return returned(target(...settled), name, gives);
    } catch (thrown) {
      const error = is === "run" ? skillError(thrown, sources) : thrown;
      // What is thrown is the error's value, unless it is an exception, which has no place in the function's type.
      throw fails && !(error instanceof Error) ? send({ name: "error", type: fails }, error, `that \`${name}\` throws`) : error;
    } finally {
      writes = before;
    }
  };
}

/** The same for each function of an interface that the skill exports. */
export function exportedInterface(target, { functions }, sources) {
  const checked = { ...target };
  for (const [name, types] of Object.entries(functions)) checked[name] = exported((...values) => target[name](...values), types, sources);
  return checked;
}

function returned(value, name, gives) {
  if (!gives) return value;
  if (typeof value?.then === "function") throw new TypeError(`\`${name}\` returned a promise: tools answer at once here, so leave out \`async\` and \`await\``);
  if (value === undefined && !gives.optional) throw new TypeError(`\`${name}\` returned undefined: return a value`);
  return send({ name: "result", type: gives }, value, `of \`${name}\``);
}

/** What `run` throws, as its `skill-error`. */
function skillError(thrown, sources) {
  if (thrown?.payload?.tag !== undefined) return { tag: "tool", val: thrown.payload };
  if (thrown instanceof Error) return { tag: "failed", val: textOf(thrown) + place(thrown.stack, sources) };
  if (typeof thrown?.tag !== "string") return { tag: "failed", val: `the skill threw ${shown(thrown)}` };
  if (thrown.tag === "failed") return { tag: "failed", val: String(thrown.val) + place(thrown.stack, sources) };
  return { tag: thrown.tag, val: thrown.val };
}

function textOf(error) {
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}

/** Where the stack starts in the skill's own files. */
function place(stack, sources) {
  if (typeof stack !== "string") return "";
  const frames = [...stack.matchAll(/\((\/[^()]*):(\d+):(\d+)\)/g)].filter(([, file]) => !file.startsWith("/build/entry/"));
  // The copied helper throws what others caused.
  const frame = frames.find(([, file]) => !file.endsWith("/mcp.js"));
  if (frame === undefined) return "";
  const [, file, line, column] = frame;
  const source = Object.hasOwn(sources, file) ? sources[file] : undefined;
  const at = source?.[line - 1];
  return at ? ` (${at})` : ` (${file.slice(1)}:${line}:${column})`;
}

/** Whether the host can be called: not while the component is made, and not in `describe`. */
let writes = false;

/** What was written while the component was made. */
const early = [];

const MOST_EARLY = 100;

let write;

function start() {
  writes = true;
  for (const [level, text] of early) write?.(level, text, []);
}

/** `console` over the `log` of `mcp:tools/log`. */
export function consoleOver(log) {
  write = log;
  const say = (level) => (...values) => {
    const text = formatted(values);
    if (writes) log(level, text, []);
    else if (early.length < MOST_EARLY) early.push([level, text]);
  };
  const info = say("info");
  return {
    log: info,
    info,
    dir: (value) => info(value),
    table: (value) => info(value),
    debug: say("debug"),
    trace: say("trace"),
    warn: say("warn"),
    error: say("error"),
    assert: (holds, ...values) => {
      if (!holds) say("error")("assertion failed", ...values);
    },
  };
}

/** As in Node: text as it is, other values as JSON, and `%s` and the like filled in. */
function formatted(values) {
  const rest = [...values];
  const parts = [];
  if (typeof rest[0] === "string" && rest.length > 1) {
    const format = rest.shift();
    parts.push(
      format.replace(/%[sdifjoOc%]/g, (sign) => {
        if (sign === "%%") return "%";
        if (rest.length === 0) return sign;
        const value = rest.shift();
        if (sign === "%c") return "";
        if (sign === "%d" || sign === "%f") return String(Number(value));
        if (sign === "%i") return String(Math.trunc(Number(value)));
        return shown(value);
      }),
    );
  }
  return [...parts, ...rest.map(shown)].join(" ");
}

function shown(value) {
  if (typeof value === "string") return value;
  // An event is one line: the error, and where it was made.
  if (value instanceof Error) return `${value.name}: ${value.message} ${value.stack?.split("\n")[0].trim() ?? ""}`.trimEnd();
  if (value instanceof Map) return `Map ${shown([...value])}`;
  if (value instanceof Set) return `Set ${shown([...value])}`;
  if (typeof value === "function") return `[function ${value.name}]`;
  try {
    return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value);
  } catch {
    return String(value);
  }
}
