// `URL` and `URLSearchParams`, over the parser of the engine.
(function (native, p) {
  const define = (name, value) => p.hidden(globalThis, name, value);
  const well = (value) => p.wellFormed(p.concat(value));
  let bind, write;

  class URLSearchParams {
    #pairs = [];
    #changed = undefined;
    constructor(init = "") {
      if (typeof init !== "object" && typeof init !== "function" || init === null) {
        const text = well(init);
        this.#pairs = native.queryParse(text[0] === "?" ? p.slice(text, 1) : text);
      } else if (init[p.iterator] !== undefined) {
        for (const pair of init) {
          const two = [];
          for (const part of pair) p.push(two, well(part));
          if (two.length !== 2) throw new p.TypeError("`URLSearchParams` takes pairs of a name and a value");
          p.push(this.#pairs, two);
        }
      } else {
        const names = p.keys(init);
        for (let i = 0; i < names.length; i++) p.push(this.#pairs, [well(names[i]), well(init[names[i]])]);
      }
    }
    static {
      bind = (params, query, changed) => {
        params.#pairs = native.queryParse(query);
        params.#changed = changed;
      };
      write = (params) => native.queryWrite(params.#pairs);
    }
    #write() { if (this.#changed !== undefined) this.#changed(write(this)); }
    get size() { return this.#pairs.length; }
    append(name, value) { p.push(this.#pairs, [well(name), well(value)]); this.#write(); }
    delete(name, value) {
      const key = well(name), only = value === undefined ? undefined : well(value);
      const kept = [];
      for (let i = 0; i < this.#pairs.length; i++) {
        const pair = this.#pairs[i];
        if (pair[0] !== key || (only !== undefined && pair[1] !== only)) p.push(kept, pair);
      }
      this.#pairs = kept;
      this.#write();
    }
    get(name) {
      const key = well(name);
      for (let i = 0; i < this.#pairs.length; i++) if (this.#pairs[i][0] === key) return this.#pairs[i][1];
      return null;
    }
    getAll(name) {
      const key = well(name), all = [];
      for (let i = 0; i < this.#pairs.length; i++) if (this.#pairs[i][0] === key) p.push(all, this.#pairs[i][1]);
      return all;
    }
    has(name, value) {
      const key = well(name), only = value === undefined ? undefined : well(value);
      for (let i = 0; i < this.#pairs.length; i++) {
        if (this.#pairs[i][0] === key && (only === undefined || this.#pairs[i][1] === only)) return true;
      }
      return false;
    }
    set(name, value) {
      const key = well(name), text = well(value);
      const kept = [];
      let found = false;
      for (let i = 0; i < this.#pairs.length; i++) {
        const other = this.#pairs[i][0] !== key;
        if (other || !found) p.push(kept, other ? this.#pairs[i] : [key, text]);
        found = found || !other;
      }
      if (!found) p.push(kept, [key, text]);
      this.#pairs = kept;
      this.#write();
    }
    sort() {
      p.sort(this.#pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      this.#write();
    }
    forEach(callback, self) {
      for (let i = 0; i < this.#pairs.length; i++) p.apply(callback, self, [this.#pairs[i][1], this.#pairs[i][0], this]);
    }
    *entries() { for (let i = 0; i < this.#pairs.length; i++) yield [this.#pairs[i][0], this.#pairs[i][1]]; }
    *keys() { for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i][0]; }
    *values() { for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i][1]; }
    toString() { return write(this); }
  }
  p.hidden(URLSearchParams.prototype, p.iterator, URLSearchParams.prototype.entries);
  define("URLSearchParams", URLSearchParams);

  const parse = (url, base) => native.urlParse(well(url), base === undefined ? undefined : well(base));
  class URL {
    #href;
    #params;
    constructor(url, base) {
      const href = parse(url, base);
      if (href === undefined) throw new p.TypeError(p.concat("`", p.slice(well(url), 0, 200), "` is no URL", base === undefined ? ": it has no scheme, or give a base" : ""));
      this.#href = href;
    }
    static canParse(url, base) { return parse(url, base) !== undefined; }
    static parse(url, base) { return parse(url, base) === undefined ? null : new URL(url, base); }
    #set(part, value) {
      this.#href = native.urlSet(this.#href, part, value);
      if (this.#params !== undefined && part !== "hash") this.#bind();
    }
    #bind() {
      const query = native.urlGet(this.#href, "search");
      bind(this.#params, p.slice(query, 1), (text) => { this.#href = native.urlSet(this.#href, "search", text); });
    }
    get href() { return this.#href; }
    set href(value) {
      const href = parse(value);
      if (href === undefined) throw new p.TypeError(p.concat("`", p.slice(well(value), 0, 200), "` is no URL"));
      this.#href = href;
      if (this.#params !== undefined) this.#bind();
    }
    get origin() { return native.urlGet(this.#href, "origin"); }
    get searchParams() {
      if (this.#params === undefined) {
        this.#params = new URLSearchParams();
        this.#bind();
      }
      return this.#params;
    }
    toString() { return this.#href; }
    toJSON() { return this.#href; }
    static {
      for (const part of ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
        p.defineProperty(URL.prototype, part, {
          get() { return native.urlGet(this.#href, part); },
          set(value) { this.#set(part, well(value)); },
          enumerable: true, configurable: true,
        });
      }
    }
  }
  define("URL", URL);
})
