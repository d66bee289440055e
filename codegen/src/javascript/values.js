// Stands between a skill and the bindings of `componentize-qjs`, which cut, wrap or round an integer without an error, end the
// skill with a trap where a value has another type, and ignore an unknown property. Here each of them is an exception.
// `mcp-host build` puts this into the component; it changes nothing that arrives as it was sent.

/** The functions of each imported interface, in the order in which their modules are evaluated; gives what says that all were. */
export function intercept(interfaces) {
  // The bindings freeze an interface's object before anyone can import it: the one moment to put checks into it.
  const freeze = Object.freeze;
  let checked = 0;
  Object.freeze = (bindings) => {
    const { of, functions } = interfaces[checked++];
    const entries = Object.entries(functions);
    if (entries.some(([name]) => typeof bindings[name] !== "function")) throw new Error(UNCHECKED);
    for (const [name, types] of entries) bindings[name] = imported(bindings[name], types);
    const unknown = unknownIn(of, Object.keys(bindings));
    if (Object.hasOwn(functions, "default")) bindings.default = withAll(bindings, unknown);
    Object.setPrototypeOf(bindings, unknown);
    if (checked === interfaces.length) Object.freeze = freeze;
    return freeze(bindings);
  };
  return () => {
    if (checked !== interfaces.length) throw new Error(UNCHECKED);
  };
}

const UNCHECKED = "values of imported functions cannot be checked with this version of componentize-qjs; use the one that mcp-host installs";

/** A function called `default` takes the place of the module's default export, so it has all functions of the interface. */
function withAll(bindings, unknown) {
  const own = bindings.default;
  const all = Object.setPrototypeOf((...values) => own(...values), unknown);
  for (const [name, value] of Object.entries(bindings)) {
    Object.defineProperty(all, name, { value: name === "default" ? all : value, enumerable: true });
  }
  return all;
}

/** What an interface's object inherits from: it says which functions there are. */
function unknownIn(of, names) {
  return new Proxy(Object.prototype, {
    get(target, name) {
      // `then` and `toJSON` are what the language itself looks for.
      if (typeof name === "symbol" || name in target || name === "then" || name === "toJSON") return target[name];
      throw new TypeError(`\`${of}\` has no function \`${name}\`: ${instead(name, names)}`);
    },
  });
}

/** A function that the skill calls. */
function imported(target, { name, takes, gives, fails }) {
  return (...values) => {
    if (values.length < takes.length) throw new TypeError(`\`${name}\` takes ${counted(takes.length, "argument")}, and got ${values.length}`);
    const sent = values.map((value, at) => send(takes[at], value, `of what \`${name}\` takes`));
    let answer;
    try {
      answer = target(...sent);
    } catch (thrown) {
      if (fails?.receive && thrown?.payload !== undefined) receive(thrown, "payload", fails, `what \`${name}\` threw`);
      throw thrown;
    }
    return gives?.receive ? receive({ answer }, "answer", gives, `what \`${name}\` gave`).answer : answer;
  };
}

function counted(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** What to write in place of an unknown name. */
function instead(name, names) {
  const plain = (text) => text.replace(/[-_]/g, "").toLowerCase();
  const near = names.find((other) => plain(other) === plain(name));
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (names.length === 0) return "there is none";
  return `there ${names.length === 1 ? "is" : "are"} ${listed(names.map((other) => `\`${other}\``))}`;
}

function quoted(names) {
  return listed(names.map((name) => JSON.stringify(name)));
}

function listed(names) {
  const most = 20;
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return names.slice(0, most).join(", ") + more;
}

/** Why a value does not fit, and where it is in what was given. */
class Unfit extends Error {
  constructor(why, kind = TypeError) {
    super(why);
    this.path = "";
    this.kind = kind;
  }
}

/** What the bindings take for the value of a parameter. */
export function send(parameter, value, what) {
  if (!parameter?.type) return value;
  try {
    return parameter.type.send(value);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    // The one record that a tool takes needs no name.
    const path = parameter.name === "params" ? error.path.replace(/^\./, "") : parameter.name + error.path;
    throw new error.kind(`\`${path || parameter.name}\` ${what} ${error.message}`);
  }
}

function inner(type, value, place) {
  try {
    return type.send(value);
  } catch (error) {
    if (error instanceof Unfit) error.path = place + error.path;
    throw error;
  }
}

/** What is looked at, for what is said of it. */
let received = "";

/** The holder, with the value as it was sent. */
export function receive(holder, key, type, what) {
  received = what;
  settle(holder, key, type, what);
  return holder;
}

/** What cannot be read exactly is an exception when it is read, so that the rest of an answer is of use. */
function settle(holder, key, type, where = `\`${key}\` of ${received}`) {
  const value = holder[key];
  try {
    const settled = type.receive(value);
    if (settled !== value) holder[key] = settled;
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    const message = `${where} ${error.message}`;
    const get = () => {
      throw new RangeError(message);
    };
    Object.defineProperty(holder, key, { get, enumerable: true, configurable: true });
  }
}

const SAFE = Number.MAX_SAFE_INTEGER;

function integer(name, least, most, correct = (value) => value, encode = correct) {
  return {
    send(value) {
      if (typeof value !== "number") throw new Unfit(`is ${shown(value)}, and ${name} is a number`, RangeError);
      if (Number.isInteger(value) && least <= value && value <= most) return encode(value);
      throw new Unfit(`is ${value}, and ${name} is a whole number from ${least} to ${most}${most === SAFE ? " in JavaScript" : ""}`, RangeError);
    },
    receive(value) {
      const corrected = correct(value);
      if (least <= corrected && corrected <= most) return corrected;
      throw new Unfit(`is beyond ${SAFE}: JavaScript has no such number`);
    },
  };
}

function shown(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value.then === "function") return "a promise";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export const u8 = integer("u8", 0, 255);
export const u16 = integer("u16", 0, 65535);
// The bindings know it as 32 bits with a sign.
export const u32 = integer("u32", 0, 4294967295, (value) => value >>> 0, (value) => value | 0);
export const u64 = integer("u64", 0, SAFE);
export const s8 = integer("s8", -128, 127);
export const s16 = integer("s16", -32768, 32767);
export const s32 = integer("s32", -2147483648, 2147483647);
export const s64 = integer("s64", -SAFE, SAFE);

/** A type without integers: it arrives as it was sent. */
function plain(name, fits) {
  return {
    send(value) {
      if (fits(value)) return value;
      throw new Unfit(`is ${shown(value)}, and not ${name}`);
    },
  };
}

export const bool = plain("a boolean", (value) => typeof value === "boolean");
export const float = plain("a number", (value) => typeof value === "number");
export const string = plain("a string", (value) => typeof value === "string");
export const char = plain("a string of one character", (value) => typeof value === "string" && [...value].length === 1);
export const json = plain("JSON as a string: use `JSON.stringify`", (value) => typeof value === "string");
export const any = { send: (value) => value };

/** Of the types of the parts, whether one has integers: only those change what arrives. */
function has(types) {
  return types.some((type) => type?.receive !== undefined);
}

export function record(fields) {
  const entries = Object.entries(fields);
  const names = entries.map(([name]) => name);
  const settled = entries.filter(([, type]) => type.receive);
  return {
    send(value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Unfit(`is ${shown(value)}, and not an object`);
      for (const name of Object.keys(value)) {
        if (value[name] === undefined || names.includes(name)) continue;
        const error = new Unfit(`is no field: ${instead(name, names)}`);
        error.path = `.${name}`;
        throw error;
      }
      let sent = value;
      for (const [key, type] of entries) {
        const before = value[key];
        const after = inner(type, before, `.${key}`);
        if (after === before) continue;
        // What the skill gave stays as it is.
        if (sent === value) sent = { ...value };
        sent[key] = after;
      }
      return sent;
    },
    receive: has(Object.values(fields))
      ? (value) => {
          for (const [key, type] of settled) settle(value, key, type);
          return value;
        }
      : undefined,
  };
}

export function list(type) {
  return {
    send(value) {
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw new Unfit(`is ${shown(value)}, and not an array`);
      return Array.from(value, (element, at) => inner(type, element, `[${at}]`));
    },
    receive: has([type])
      ? (value) => {
          for (let at = 0; at < value.length; at++) settle(value, at, type);
          return value;
        }
      : undefined,
  };
}

/** `list<u8>`: it arrives as a `Uint8Array`, which holds nothing else. */
export const bytes = {
  send: (value) => (value instanceof Uint8Array ? value : list(u8).send(value)),
};

export function tuple(types) {
  return {
    send(value) {
      if (!Array.isArray(value) || value.length !== types.length) throw new Unfit(`is ${shown(value)}, and not an array of ${types.length}`);
      return value.map((element, at) => inner(types[at], element, `[${at}]`));
    },
    receive: has(types)
      ? (value) => {
          types.forEach((type, at) => type.receive && settle(value, at, type));
          return value;
        }
      : undefined,
  };
}

export function option(type) {
  return {
    optional: true,
    send: (value) => (value === null || value === undefined ? value : type.send(value)),
    receive: has([type]) ? (value) => (value === null ? value : type.receive(value)) : undefined,
  };
}

export function oneOf(cases) {
  const names = quoted(cases);
  return {
    send(value) {
      if (cases.includes(value)) return value;
      throw new Unfit(`is ${typeof value === "string" ? JSON.stringify(value) : shown(value)}, and not one of ${names}`);
    },
  };
}

/** `cases` has null where a case holds no value. */
export function variant(cases) {
  // A case may be called like what every object has: `constructor`.
  const types = new Map(Object.entries(cases));
  return {
    send(value) {
      if (!types.has(value?.tag)) {
        throw new Unfit(`is ${shown(value)}, and not \`{ tag, val }\` with a tag of ${quoted([...types.keys()])}`);
      }
      const type = types.get(value.tag);
      return type ? { ...value, val: inner(type, value.val, `.${value.tag}`) } : value;
    },
    receive: has([...types.values()])
      ? (value) => {
          const type = types.get(value.tag);
          if (type?.receive) settle(value, "val", type);
          return value;
        }
      : undefined,
  };
}

export function map(key, value) {
  const each = (entries, change) => new Map([...entries].map(([k, v]) => [change(key, k), change(value, v)]));
  return {
    send(given) {
      if (!(given instanceof Map)) throw new Unfit(`is ${shown(given)}, and not a Map`);
      return each(given, (type, part) => inner(type, part, "[]"));
    },
    receive: has([key, value]) ? (given) => each(given, (type, part) => (type.receive ? type.receive(part) : part)) : undefined,
  };
}
