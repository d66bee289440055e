// What of a value JSON does not keep: each such value with its place, and what to write instead. Looks at the first
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

  // A number that JSON writes as null.
  const unwritable = (value) =>
    typeof value === "number" && value - value !== 0 ? p.concat(value)
      : p.instance(p.Date, value) && p.getTime(value) !== p.getTime(value) ? "an invalid date"
      : undefined;

  // What the value is, and what keeps its contents; undefined where JSON has them.
  const loss = (value) => {
    const number = unwritable(value);
    if (number !== undefined) return number + ", which JSON has no form for: it is written as null";
    if (typeof value !== "object" || value === null) return undefined;
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

  // Calls `found` with the values and their places, until it says that it has enough. It says as well where not to go on.
  const walk = (top, found) => {
    const seen = new p.Set();
    const open = [[top, ""]];
    for (let at = 0; at < open.length && at < VISITS; at++) {
      const value = open[at][0], path = open[at][1];
      const isObject = typeof value === "object" && value !== null;
      if (isObject) {
        if (p.setHas(seen, value)) continue;
        p.setAdd(seen, value);
      }
      const said = found(value, path);
      if (said === "enough") return;
      if (said === "leaf" || !isObject) continue;
      const isArray = p.isArray(value);
      const names = p.keys(value);
      for (let n = 0; n < names.length && n < EACH; n++) {
        const own = p.getOwn(value, names[n]);
        const inner = own === undefined ? undefined : own.value;
        const further = typeof inner === "object" && inner !== null;
        if (!further && unwritable(inner) === undefined) continue;
        p.push(open, [inner, path === "" && isArray ? "." + step(names[n], true) : path + step(names[n], isArray)]);
      }
    }
  };
  const named = (path, whole) => (path === "" ? whole : "`" + p.slice(path, 1) + "` of " + whole);

  hooks.lost = (result) => {
    const said = [];
    walk(result, (value, path) => {
      const lost = loss(value);
      if (lost === undefined) return undefined;
      p.push(said, named(path, "the result") + " is " + lost);
      return said.length < MOST ? "leaf" : "enough";
    });
    return said;
  };

  // The first number that JSON writes as null, and its place.
  hooks.unwritable = (top, whole) => {
    let said;
    walk(top, (value, path) => {
      const number = unwritable(value);
      if (number === undefined) return typeof value === "object" && value !== null && inherits(value, "toJSON") ? "leaf" : undefined;
      said = named(path, whole) + " is " + number + ", which JSON has no form for";
      return "enough";
    });
    return said;
  };

  // JSON with integers in place of BigInts. What a `toJSON` of the script makes of one stays.
  const MARK = "\ue000bigint\ue000";
  hooks.withIntegers = (value) => {
    const text = p.stringify(value, (key, inner) => {
      if (typeof inner === "bigint") return p.concat(MARK, inner);
      if (typeof inner === "string" && p.indexOf(inner, MARK) >= 0) throw new p.TypeError("a text of it cannot stand beside a BigInt");
      return inner;
    });
    if (text === undefined) return undefined;
    const parts = p.split(text, p.concat('"', MARK));
    for (let i = 1; i < parts.length; i++) {
      const end = p.indexOf(parts[i], '"');
      p.own(parts, i, p.concat(p.slice(parts[i], 0, end), p.slice(parts[i], end + 1)));
    }
    return p.join(parts, "");
  };
})
