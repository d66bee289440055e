// The built-in functions that the rest of the prelude uses, kept before a script can replace them. What a script defines
// on a prototype reaches none of them: properties are defined, not assigned, and descriptors inherit nothing.
(function () {
  const { apply, construct, ownKeys, getPrototypeOf } = Reflect;
  const { defineProperty } = Object;
  const { concat } = String.prototype;
  // `method(receiver, ...arguments)`. A rest parameter and `apply` use no iterator.
  const uncurry = (f) => (self, ...list) => apply(f, self, list);
  const getter = (object, name) => uncurry(Object.getOwnPropertyDescriptor(object, name).get);
  const typedArray = getPrototypeOf(Uint8Array.prototype);

  // A property as an assignment makes it, and one that is not listed.
  const own = (object, name, value) =>
    defineProperty(object, name, { __proto__: null, value, writable: true, configurable: true, enumerable: true });
  const hidden = (object, name, value) =>
    defineProperty(object, name, { __proto__: null, value, writable: true, configurable: true, enumerable: false });

  const flags = [
    ["d", "hasIndices"], ["g", "global"], ["i", "ignoreCase"], ["m", "multiline"], ["s", "dotAll"], ["u", "unicode"],
    ["v", "unicodeSets"], ["y", "sticky"],
  ].map(([letter, name]) => [letter, getter(RegExp.prototype, name)]);
  // The getter `flags` asks the properties that a script can replace.
  const regExpFlags = (value) => {
    let text = "";
    for (let i = 0; i < flags.length; i++) if (flags[i][1](value)) text += flags[i][0];
    return text;
  };

  return {
    apply, construct, defineProperty, own, hidden, ownKeys, uncurry, getPrototypeOf, regExpFlags,
    // `value instanceof constructor`, whatever the constructor says about it.
    instance: uncurry(Function.prototype[Symbol.hasInstance]),
    push: (list, value) => own(list, list.length, value),
    // A template literal calls the `concat` that the script sees.
    concat: (...parts) => apply(concat, "", parts),
    Array, ArrayBuffer, Boolean, DataView, Date, Error, EvalError, Map, Number, Object, Promise, RangeError, ReferenceError,
    RegExp, Set, String, Symbol, SyntaxError, TypeError, URIError, Uint8Array, BigInt, WeakMap,
    isError: Error.isError,
    errorStack: getter(Error.prototype, "stack"),
    isArray: Array.isArray,
    isView: ArrayBuffer.isView,
    parse: JSON.parse,
    stringify: JSON.stringify,
    floor: Math.floor,
    isInteger: Number.isInteger,
    isSafeInteger: Number.isSafeInteger,
    create: Object.create,
    getOwn: Object.getOwnPropertyDescriptor,
    freeze: Object.freeze,
    keys: Object.keys,
    hasOwn: Object.hasOwn,
    iterator: Symbol.iterator,
    toStringTag: Symbol.toStringTag,
    join: uncurry(Array.prototype.join),
    sort: uncurry(Array.prototype.sort),
    slice: uncurry(String.prototype.slice),
    repeat: uncurry(String.prototype.repeat),
    indexOf: uncurry(String.prototype.indexOf),
    split: uncurry(String.prototype.split),
    trim: uncurry(String.prototype.trim),
    lower: uncurry(String.prototype.toLowerCase),
    wellFormed: uncurry(String.prototype.toWellFormed),
    mapGet: uncurry(Map.prototype.get),
    mapSet: uncurry(Map.prototype.set),
    mapHas: uncurry(Map.prototype.has),
    mapDelete: uncurry(Map.prototype.delete),
    mapEach: uncurry(Map.prototype.forEach),
    mapSize: getter(Map.prototype, "size"),
    setAdd: uncurry(Set.prototype.add),
    setHas: uncurry(Set.prototype.has),
    setEach: uncurry(Set.prototype.forEach),
    setSize: getter(Set.prototype, "size"),
    weakGet: uncurry(WeakMap.prototype.get),
    weakSet: uncurry(WeakMap.prototype.set),
    getTime: uncurry(Date.prototype.getTime),
    toISOString: uncurry(Date.prototype.toISOString),
    regExpSource: getter(RegExp.prototype, "source"),
    functionToString: uncurry(Function.prototype.toString),
    symbolToString: uncurry(Symbol.prototype.toString),
    bufferLength: getter(ArrayBuffer.prototype, "byteLength"),
    viewBuffer: getter(DataView.prototype, "buffer"),
    viewOffset: getter(DataView.prototype, "byteOffset"),
    viewLength: getter(DataView.prototype, "byteLength"),
    arrayBuffer: getter(typedArray, "buffer"),
    arrayOffset: getter(typedArray, "byteOffset"),
    arrayBytes: getter(typedArray, "byteLength"),
    arrayLength: getter(typedArray, "length"),
    arrayTag: getter(typedArray, Symbol.toStringTag),
    arraySet: uncurry(typedArray.set),
    booleanValue: uncurry(Boolean.prototype.valueOf),
    numberValue: uncurry(Number.prototype.valueOf),
    stringValue: uncurry(String.prototype.valueOf),
    typedArrays: {
      __proto__: null, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float16Array,
      Float32Array, Float64Array, BigInt64Array, BigUint64Array,
    },
  };
})
