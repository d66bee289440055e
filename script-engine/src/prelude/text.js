// `TextEncoder` and `TextDecoder`.
(function (native, p) {
  const define = (name, value) => p.hidden(globalThis, name, value);
  const LABELS = {
    __proto__: null,
    "utf-8": "utf-8", utf8: "utf-8", "unicode-1-1-utf-8": "utf-8",
    "utf-16": "utf-16le", "utf-16le": "utf-16le",
    latin1: "latin1", "iso-8859-1": "latin1", ascii: "latin1", "us-ascii": "latin1", "windows-1252": "latin1",
  };
  const view = (value) => {
    if (value === undefined) return new p.Uint8Array(0);
    if (p.instance(p.ArrayBuffer, value)) return new p.Uint8Array(value);
    if (!p.isView(value)) throw new p.TypeError("`TextDecoder.decode` takes an `ArrayBuffer` or a view of one");
    if (p.arrayTag(value) !== undefined) return new p.Uint8Array(p.arrayBuffer(value), p.arrayOffset(value), p.arrayBytes(value));
    return new p.Uint8Array(p.viewBuffer(value), p.viewOffset(value), p.viewLength(value));
  };

  define("TextEncoder", class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(value = "") { return native.encode(p.wellFormed(p.concat(value))); }
    encodeInto(value, target) {
      const source = p.wellFormed(p.concat(value));
      const encoded = native.encodeSome(source, p.arrayBytes(target));
      p.arraySet(target, encoded[1]);
      return { read: encoded[0], written: p.arrayLength(encoded[1]) };
    }
  });

  define("TextDecoder", class TextDecoder {
    #encoding; #fatal; #ignoreBom; #rest = new p.Uint8Array(0); #begun = false;
    constructor(label = "utf-8", options = {}) {
      const encoding = LABELS[p.lower(p.trim(p.concat(label)))];
      if (encoding === undefined) throw new p.RangeError(p.concat("`TextDecoder` knows utf-8, utf-16le and latin1, not ", label));
      this.#encoding = encoding;
      this.#fatal = p.Boolean(options?.fatal);
      this.#ignoreBom = p.Boolean(options?.ignoreBOM);
    }
    get encoding() { return this.#encoding === "latin1" ? "windows-1252" : this.#encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBom; }
    decode(input, options = {}) {
      const more = p.Boolean(options?.stream);
      const given = view(input);
      const before = p.arrayLength(this.#rest);
      let bytes = given;
      if (before > 0) {
        bytes = new p.Uint8Array(before + p.arrayLength(given));
        p.arraySet(bytes, this.#rest);
        p.arraySet(bytes, given, before);
      }
      const result = native.decode(this.#encoding, bytes, more);
      this.#rest = result[2];
      if (result[1] && this.#fatal) {
        this.#rest = new p.Uint8Array(0);
        this.#begun = false;
        throw new p.TypeError(p.concat("the bytes are not ", this.encoding));
      }
      let text = result[0];
      if (!this.#begun && !this.#ignoreBom && text !== "" && text[0] === "\ufeff") text = p.slice(text, 1);
      this.#begun = more && (this.#begun || text !== "");
      return text;
    }
  });
})
