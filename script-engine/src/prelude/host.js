// The module "mcp-host": files and the state of the script.
(function (native, p, hooks) {
  const text = (value, what) => {
    if (typeof value !== "string") throw new p.TypeError(p.concat(what, " is a string, not ", value === null ? "null" : typeof value));
    return p.wellFormed(value);
  };

  const bytes = (value, what) => {
    if (typeof value === "string") return native.encode(p.wellFormed(value));
    if (p.isView(value) && p.arrayTag(value) !== undefined) {
      return new p.Uint8Array(p.arrayBuffer(value), p.arrayOffset(value), p.arrayBytes(value));
    }
    if (p.instance(p.ArrayBuffer, value)) return new p.Uint8Array(value);
    throw new p.TypeError(p.concat(what, " is a string or a `Uint8Array`; write `JSON.stringify(value)` for other values"));
  };

  const json = (value, what) => {
    const number = hooks.unwritable(value, what);
    if (number !== undefined) throw new p.TypeError(p.concat(number, "; write `null` or a text for it"));
    let written;
    try {
      written = p.stringify(value);
    } catch (error) {
      if (!p.isError(error) || p.indexOf(p.concat(error.message), "BigInt") < 0) throw error;
      throw new p.TypeError(p.concat(what, " has a BigInt, whose digits would not come back; write `String(value)`"));
    }
    if (written === undefined) throw new p.TypeError(p.concat(what, " is a JSON value, not ", typeof value));
    return native.encode(written);
  };
  const optional = (value, what) => (value === undefined ? undefined : json(value, what));

  // What `state` wrote, or what a component wrote: text, or bytes.
  const value = (stored) => {
    if (stored === undefined) return undefined;
    const written = native.decodeUtf8(stored);
    if (written === undefined) return stored;
    try {
      return p.parse(written);
    } catch {
      return written;
    }
  };

  const e = hooks.exports;
  e.ToolError = hooks.ToolError;
  e.readFile = async (path) => native.readFile(text(path, "a path"));
  e.readTextFile = async (path) => native.readTextFile(text(path, "a path"));
  e.listDir = async (path) => native.listDir(text(path, "a path"));
  e.writeFile = async (path, contents) => native.writeFile(text(path, "a path"), bytes(contents, "the contents of a file"));
  e.state = p.freeze({
    get: async (key) => value(native.stateGet(text(key, "a key"))),
    set: async (key, contents, options) => {
      const ttl = options?.ttlMs;
      if (ttl !== undefined && !(p.isSafeInteger(ttl) && ttl >= 0)) throw new p.TypeError("`ttlMs` is a whole number of milliseconds");
      native.stateSet(text(key, "a key"), json(contents, "a value of the state"), ttl);
    },
    delete: async (key) => native.stateDelete(text(key, "a key")),
    list: async (prefix = "") => native.stateList(text(prefix, "a prefix")),
    compareAndSwap: async (key, expected, contents) =>
      native.stateSwap(text(key, "a key"), optional(expected, "an expected value"), optional(contents, "a value of the state")),
  });
})
