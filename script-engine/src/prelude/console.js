// `console`, over the log of the run, and the text of a value.
(function (native, p, hooks) {
  const DEPTH = 4;
  const ENTRIES = 100;
  const LENGTH = 8000;

  const key = (name) => (typeof name === "symbol" ? p.concat("[", p.symbolToString(name), "]") : name);
  const bounded = (text) => (text.length > LENGTH ? p.concat(p.slice(text, 0, LENGTH), "...") : text);

  // The text of a value. Getters are not called, so that looking at a value changes nothing.
  const inspect = (value, depth, seen, room) => {
    switch (typeof value) {
      case "string": return depth === 0 ? bounded(value) : p.stringify(bounded(value));
      case "symbol": return p.symbolToString(value);
      case "bigint": return p.concat(value, "n");
      case "function": return "[function]";
      case "object": break;
      default: return p.concat(value);
    }
    if (value === null) return "null";
    if (room.left <= 0) return "...";
    room.left -= 1;
    if (p.setHas(seen, value)) return "[circular]";
    if (p.isError(value)) return errorText(value);
    if (depth > DEPTH) return p.isArray(value) ? "[...]" : "{...}";
    p.setAdd(seen, value);
    const parts = [];
    const add = (text) => {
      if (parts.length < ENTRIES) p.push(parts, text);
      else if (parts.length === ENTRIES) p.push(parts, "...");
    };
    const inner = (child) => inspect(child, depth + 1, seen, room);
    let open = "{", close = "}";
    if (p.isArray(value)) {
      open = "[", close = "]";
      for (let i = 0; i < value.length && i <= ENTRIES; i++) add(inner(value[i]));
    } else if (p.instance(p.Map, value)) {
      open = "Map {";
      p.mapEach(value, (v, k) => { if (parts.length <= ENTRIES) add(p.concat(inner(k), " => ", inner(v))); });
    } else if (p.instance(p.Set, value)) {
      open = "Set {";
      p.setEach(value, (v) => { if (parts.length <= ENTRIES) add(inner(v)); });
    } else if (p.instance(p.Date, value)) {
      open = p.getTime(value) === p.getTime(value) ? p.toISOString(value) : "Invalid Date", close = "";
    } else if (p.instance(p.RegExp, value)) {
      open = p.concat("/", p.regExpSource(value), "/", p.regExpFlags(value)), close = "";
    } else if (p.isView(value) && p.arrayTag(value) !== undefined) {
      open = p.concat(p.arrayTag(value), " ["), close = "]";
      for (let i = 0; i < p.arrayLength(value) && i <= ENTRIES; i++) add(p.concat(value[i]));
    } else {
      const names = p.ownKeys(value);
      for (let i = 0; i < names.length && i <= ENTRIES; i++) {
        const own = p.getOwn(value, names[i]);
        if (own === undefined || !own.enumerable) continue;
        add(p.concat(key(names[i]), ": ", p.hasOwn(own, "value") ? inner(own.value) : "[getter]"));
      }
    }
    return bounded(open + p.join(parts, ", ") + close);
  };

  const errorText = (error) => {
    const told = hooks.describe(error);
    return told[2] === "" ? told[1] : p.concat(told[1], "\n", told[2]);
  };

  hooks.inspect = (value) => inspect(value, 0, new p.Set(), { left: 2000 });

  const text = (values) => {
    let line = "";
    for (let i = 0; i < values.length; i++) {
      let part;
      try {
        part = hooks.inspect(values[i]);
      } catch {
        part = "[a value that cannot be shown]";
      }
      line += (i === 0 ? "" : " ") + part;
    }
    return p.wellFormed(bounded(line));
  };

  let indent = "";
  const write = (level, values) => native.log(level, indent + text(values), []);
  const counts = new p.Map();
  const timers = new p.Map();
  const label = (name) => (name === undefined ? "default" : text([name]));
  const elapsed = (name) => {
    const start = p.mapGet(timers, name);
    return start === undefined ? p.concat("timer ", name, " was not started") : p.concat(name, ": ", native.now() - start, " ms");
  };

  const console = {
    log: (...values) => write("info", values),
    info: (...values) => write("info", values),
    debug: (...values) => write("debug", values),
    trace: (...values) => native.log("debug", p.concat(indent, "trace: ", text(values), "\n", hooks.stack()), []),
    warn: (...values) => write("warn", values),
    error: (...values) => write("error", values),
    dir: (value) => write("info", [value]),
    table: (value) => write("info", [value]),
    assert: (condition, ...values) => { if (!condition) native.log("error", p.concat(indent, "assertion failed: ", text(values)), []); },
    count: (name) => {
      const of = label(name);
      const count = (p.mapGet(counts, of) ?? 0) + 1;
      p.mapSet(counts, of, count);
      write("info", [p.concat(of, ": ", count)]);
    },
    countReset: (name) => { p.mapDelete(counts, label(name)); },
    group: (...values) => { write("info", values); if (indent.length < 40) indent += "  "; },
    groupEnd: () => { indent = p.slice(indent, 2); },
    time: (name) => { p.mapSet(timers, label(name), native.now()); },
    timeLog: (name) => write("info", [elapsed(label(name))]),
    timeEnd: (name) => { write("info", [elapsed(label(name))]); p.mapDelete(timers, label(name)); },
  };
  console.groupCollapsed = console.group;
  p.hidden(globalThis, "console", console);

  const event = (level) => (message, fields) => {
    const pairs = [];
    if (typeof fields === "object" && fields !== null) {
      const names = p.keys(fields);
      for (let i = 0; i < names.length && i < ENTRIES; i++) p.push(pairs, [p.wellFormed(names[i]), text([fields[names[i]]])]);
    }
    native.log(level, text([message]), pairs);
  };
  const log = event("info");
  log.trace = event("trace");
  log.debug = event("debug");
  log.info = event("info");
  log.warn = event("warn");
  log.error = event("error");
  hooks.exports.log = log;
})
