// What of a result JSON does not keep: each such value with its place, and what to write instead. Looks at the first
// values only, and calls no getter.
(function (native, p, hooks) {
  // Values that are looked at, properties of one of them, and sentences.
  const VISITS = 200, EACH = 50, MOST = 5;

  const inherits = (object, name) => {
    for (let at = object, steps = 0; at !== null && steps < 16; at = p.getPrototypeOf(at), steps++) {
      if (p.hasOwn(at, name)) return true;
    }
    return false;
  };

  // What the value is, and what keeps its contents; undefined where JSON has them.
  const loss = (value) => {
    if (inherits(value, "toJSON")) return undefined;
    if (p.instance(p.Map, value)) return p.mapSize(value) > 0 ? "a Map; write Object.fromEntries(map)" : undefined;
    if (p.instance(p.Set, value)) return p.setSize(value) > 0 ? "a Set; write [...set]" : undefined;
    if (p.instance(p.Promise, value)) return "a promise; await it";
    if (p.instance(p.RegExp, value)) return "a regular expression; write String(value)";
    if (p.isError(value)) return "an Error, of which JSON has no message; write String(error)";
    if (p.isArray(value) || p.isView(value) || p.keys(value).length > 0) return undefined;
    const prototype = p.getPrototypeOf(value);
    if (prototype === null || prototype === p.Object.prototype) return undefined;
    if (p.instance(p.String, value) || p.instance(p.Number, value) || p.instance(p.Boolean, value)) return undefined;
    return inherits(value, p.iterator)
      ? "an iterator; write [...values]"
      : "an object of a class without public fields; write an object with the values: { name: value.name }";
  };

  const step = (name, isIndex) => {
    if (isIndex) return "[" + name + "]";
    return "." + (name.length > 40 ? p.slice(name, 0, 40) + "..." : name);
  };

  hooks.lost = (result) => {
    const said = [];
    const seen = new p.Set();
    const open = [[result, ""]];
    for (let at = 0; at < open.length && at < VISITS && said.length < MOST; at++) {
      const value = open[at][0], path = open[at][1];
      if (p.setHas(seen, value)) continue;
      p.setAdd(seen, value);
      const lost = loss(value);
      if (lost !== undefined) {
        p.push(said, (path === "" ? "the result" : "`" + p.slice(path, 1) + "` of the result") + " is " + lost);
        continue;
      }
      const isArray = p.isArray(value);
      const names = p.keys(value);
      for (let n = 0; n < names.length && n < EACH; n++) {
        const own = p.getOwn(value, names[n]);
        const inner = own === undefined ? undefined : own.value;
        if (typeof inner === "object" && inner !== null) {
          p.push(open, [inner, path === "" && isArray ? "." + step(names[n], true) : path + step(names[n], isArray)]);
        }
      }
    }
    return said;
  };
})
