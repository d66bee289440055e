// `structuredClone`.
(function (native, p) {
  const errors = {
    __proto__: null, Error: p.Error, EvalError: p.EvalError, RangeError: p.RangeError, ReferenceError: p.ReferenceError,
    SyntaxError: p.SyntaxError, TypeError: p.TypeError, URIError: p.URIError,
  };
  const refuse = (what) => {
    const error = new p.TypeError(p.concat(what, " cannot be cloned"));
    p.hidden(error, "name", "DataCloneError");
    return error;
  };

  const clone = (value, seen) => {
    if (typeof value === "function") throw refuse("a function");
    if (typeof value === "symbol") throw refuse("a symbol");
    if (typeof value !== "object" || value === null) return value;
    if (p.mapHas(seen, value)) return p.mapGet(seen, value);
    const keep = (copy) => { p.mapSet(seen, value, copy); return copy; };
    if (p.isArray(value)) return properties(value, keep(new p.Array(value.length)), seen);
    if (p.instance(p.Date, value)) return keep(new p.Date(p.getTime(value)));
    if (p.instance(p.RegExp, value)) return keep(new p.RegExp(p.regExpSource(value), p.regExpFlags(value)));
    if (p.instance(p.ArrayBuffer, value)) return keep(bytes(value));
    if (p.isView(value)) return keep(view(value, seen));
    if (p.instance(p.Map, value)) {
      const copy = keep(new p.Map());
      p.mapEach(value, (v, k) => p.mapSet(copy, clone(k, seen), clone(v, seen)));
      return copy;
    }
    if (p.instance(p.Set, value)) {
      const copy = keep(new p.Set());
      p.setEach(value, (v) => p.setAdd(copy, clone(v, seen)));
      return copy;
    }
    if (p.isError(value)) {
      const copy = keep(new (errors[value.name] ?? p.Error)(p.concat(value.message)));
      if (p.hasOwn(value, "stack")) p.hidden(copy, "stack", clone(value.stack, seen));
      if (p.hasOwn(value, "cause")) p.hidden(copy, "cause", clone(value.cause, seen));
      return copy;
    }
    if (p.instance(p.Boolean, value)) return keep(p.Object(p.booleanValue(value)));
    if (p.instance(p.Number, value)) return keep(p.Object(p.numberValue(value)));
    if (p.instance(p.String, value)) return keep(p.Object(p.stringValue(value)));
    if (p.instance(p.Promise, value)) throw refuse("a promise");
    return properties(value, keep({}), seen);
  };

  const properties = (value, copy, seen) => {
    const names = p.keys(value);
    for (let i = 0; i < names.length; i++) {
      p.own(copy, names[i], clone(value[names[i]], seen));
    }
    return copy;
  };

  const bytes = (value) => {
    const copy = new p.ArrayBuffer(p.bufferLength(value));
    p.arraySet(new p.Uint8Array(copy), new p.Uint8Array(value));
    return copy;
  };

  const view = (value, seen) => {
    const tag = p.arrayTag(value);
    if (tag === undefined) return new p.DataView(clone(p.viewBuffer(value), seen), p.viewOffset(value), p.viewLength(value));
    return new p.typedArrays[tag](clone(p.arrayBuffer(value), seen), p.arrayOffset(value), p.arrayLength(value));
  };

  p.hidden(globalThis, "structuredClone", function structuredClone(value) { return clone(value, new p.Map()); });
})
