// `structuredClone`.
(function (native, p) {
  const errors = {
    __proto__: null, Error: p.Error, EvalError: p.EvalError, RangeError: p.RangeError, ReferenceError: p.ReferenceError,
    SyntaxError: p.SyntaxError, TypeError: p.TypeError, URIError: p.URIError,
  };
  const refuse = (what) => {
    const error = new p.TypeError(`${what} cannot be cloned`);
    p.defineProperty(error, "name", { value: "DataCloneError", writable: true, configurable: true, enumerable: false });
    return error;
  };

  const clone = (value, seen) => {
    if (typeof value === "function") throw refuse("a function");
    if (typeof value === "symbol") throw refuse("a symbol");
    if (typeof value !== "object" || value === null) return value;
    if (p.mapHas(seen, value)) return p.mapGet(seen, value);
    const keep = (copy) => { p.mapSet(seen, value, copy); return copy; };
    if (p.isArray(value)) return properties(value, keep(new p.Array(value.length)), seen);
    if (value instanceof p.Date) return keep(new p.Date(p.getTime(value)));
    if (value instanceof p.RegExp) return keep(new p.RegExp(p.regExpSource(value), p.regExpFlags(value)));
    if (value instanceof p.ArrayBuffer) return keep(p.bufferSlice(value, 0));
    if (p.isView(value)) return keep(view(value, seen));
    if (value instanceof p.Map) {
      const copy = keep(new p.Map());
      p.mapEach(value, (v, k) => p.mapSet(copy, clone(k, seen), clone(v, seen)));
      return copy;
    }
    if (value instanceof p.Set) {
      const copy = keep(new p.Set());
      p.setEach(value, (v) => p.setAdd(copy, clone(v, seen)));
      return copy;
    }
    if (p.isError(value)) {
      const copy = keep(new (errors[value.name] ?? p.Error)(`${value.message}`));
      for (const name of ["stack", "cause"]) {
        if (p.hasOwn(value, name)) p.defineProperty(copy, name, { value: clone(value[name], seen), writable: true, configurable: true, enumerable: false });
      }
      return copy;
    }
    if (value instanceof p.Boolean) return keep(p.Object(p.booleanValue(value)));
    if (value instanceof p.Number) return keep(p.Object(p.numberValue(value)));
    if (value instanceof p.String) return keep(p.Object(p.stringValue(value)));
    if (value instanceof p.Promise) throw refuse("a promise");
    return properties(value, keep({}), seen);
  };

  const properties = (value, copy, seen) => {
    const names = p.keys(value);
    for (let i = 0; i < names.length; i++) {
      p.defineProperty(copy, names[i], { value: clone(value[names[i]], seen), writable: true, configurable: true, enumerable: true });
    }
    return copy;
  };

  const view = (value, seen) => {
    const tag = p.arrayTag(value);
    if (tag === undefined) return new p.DataView(clone(p.viewBuffer(value), seen), p.viewOffset(value), p.viewLength(value));
    return new p.typedArrays[tag](clone(p.arrayBuffer(value), seen), p.arrayOffset(value), p.arrayLength(value));
  };

  p.defineProperty(globalThis, "structuredClone", {
    value: function structuredClone(value) { return clone(value, new p.Map()); }, writable: true, configurable: true, enumerable: false,
  });
})
