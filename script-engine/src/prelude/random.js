// Random numbers and the time since the run began. QuickJS seeds its own when the engine is built: every run would have
// the same.
(function (native, p) {
  p.hidden(Math, "random", function random() { return native.random(); });

  const QUOTA = 65536;
  const integers = new p.Set(["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array"]);
  p.hidden(globalThis, "crypto", {
    getRandomValues(array) {
      const tag = p.isView(array) ? p.arrayTag(array) : undefined;
      if (tag === undefined || !p.setHas(integers, tag)) throw new p.TypeError("`crypto.getRandomValues` takes an array of integers, such as a `Uint8Array`");
      const size = p.arrayBytes(array);
      if (size > QUOTA) throw new p.RangeError(p.concat("`crypto.getRandomValues` fills at most ", QUOTA, " bytes at once, not ", size));
      p.arraySet(new p.Uint8Array(p.arrayBuffer(array), p.arrayOffset(array), size), native.randomBytes(size));
      return array;
    },
    randomUUID: () => native.uuid(),
  });
  p.hidden(globalThis, "performance", { now: () => native.now(), get timeOrigin() { return native.origin(); } });
})
