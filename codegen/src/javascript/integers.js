// Stands between a skill and the bindings of `componentize-qjs`, which cut, wrap or round an integer without an error.
// Here that is an exception. `mcp-host build` puts this into the component; it changes nothing that arrives as it was sent.

/** The functions of each imported interface, in the order in which their modules are evaluated; gives what says that all were. */
export function intercept(interfaces) {
  // The bindings freeze an interface's object before anyone can import it: the one moment to put checks into it.
  const freeze = Object.freeze;
  let checked = 0;
  Object.freeze = (bindings) => {
    const functions = Object.entries(interfaces[checked++]);
    if (functions.some(([name]) => typeof bindings[name] !== "function")) throw new Error(UNCHECKED);
    for (const [name, types] of functions) bindings[name] = imported(bindings[name], types);
    if (checked === interfaces.length) Object.freeze = freeze;
    return freeze(bindings);
  };
  return () => {
    if (checked !== interfaces.length) throw new Error(UNCHECKED);
  };
}

const UNCHECKED = "integers of imported functions cannot be checked with this version of componentize-qjs; use the one that mcp-host installs";

/** A function that the skill calls. */
function imported(target, { name, takes, gives, fails }) {
  return (...values) => {
    const sent = values.map((value, at) => send(takes[at], value, `of what \`${name}\` takes`));
    let answer;
    try {
      answer = target(...sent);
    } catch (thrown) {
      if (fails && thrown?.payload !== undefined) receive(thrown, "payload", fails, `what \`${name}\` threw`);
      throw thrown;
    }
    return gives ? receive({ answer }, "answer", gives, `what \`${name}\` gave`).answer : answer;
  };
}

/** A function that the skill is called through. */
export function exported(target, { name, takes, gives, fails }) {
  return (...values) => {
    const settled = values.map((value, at) => (takes[at]?.type ? receive({ value }, "value", takes[at].type, `what \`${name}\` is given`).value : value));
    let answer;
    try {
      answer = target(...settled);
    } catch (thrown) {
      // What is thrown is the error's value, unless it is an exception, which has no place in the function's type.
      throw fails && !(thrown instanceof Error) ? send({ name: "error", type: fails }, thrown, `that \`${name}\` throws`) : thrown;
    }
    return gives ? send({ name: "result", type: gives }, answer, `of \`${name}\``) : answer;
  };
}

/** The same for each function of an interface that the skill exports. */
export function exportedInterface(target, functions) {
  const checked = { ...target };
  for (const [name, types] of Object.entries(functions)) checked[name] = exported((...values) => target[name](...values), types);
  return checked;
}

/** Why a value does not fit, and where it is in what was given. */
class Unfit extends Error {
  constructor(why) {
    super(why);
    this.path = "";
  }
}

/** What the bindings take for the value of a parameter. */
function send(parameter, value, what) {
  if (!parameter?.type) return value;
  try {
    return parameter.type.send(value);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    // The one record that a tool takes needs no name.
    const path = parameter.name === "params" ? error.path.replace(/^\./, "") : parameter.name + error.path;
    throw new RangeError(`\`${path || parameter.name}\` ${what} ${error.message}`);
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

/** The value under check, for error messages. */
let received = "";

/** The holder, with the value as it was sent. */
function receive(holder, key, type, what) {
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
      if (typeof value !== "number") throw new Unfit(`is ${shown(value)}, and ${name} is a number`);
      if (Number.isInteger(value) && least <= value && value <= most) return encode(value);
      throw new Unfit(`is ${value}, and ${name} is a whole number from ${least} to ${most}${most === SAFE ? " in JavaScript" : ""}`);
    },
    receive(value) {
      const corrected = correct(value);
      if (least <= corrected && corrected <= most) return corrected;
      throw new Unfit(`is beyond ${SAFE}: JavaScript has no such number`);
    },
  };
}

function shown(value) {
  return value === null || value === undefined ? String(value) : `a ${typeof value}`;
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

/** `fields` are those with integers in them. */
export function record(fields) {
  const entries = Object.entries(fields);
  return {
    send(value) {
      if (typeof value !== "object" || value === null) return value;
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
    receive(value) {
      for (const [key, type] of entries) settle(value, key, type);
      return value;
    },
  };
}

export function list(type) {
  return {
    send(value) {
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return value;
      return Array.from(value, (element, at) => inner(type, element, `[${at}]`));
    },
    receive(value) {
      for (let at = 0; at < value.length; at++) settle(value, at, type);
      return value;
    },
  };
}

/** `list<u8>`: it arrives as a `Uint8Array`, which holds nothing else. */
export const bytes = {
  send: (value) => (value instanceof Uint8Array ? value : list(u8).send(value)),
  receive: (value) => value,
};

/** `types` has null where there are no integers. */
export function tuple(types) {
  return {
    send(value) {
      if (!Array.isArray(value)) return value;
      return value.map((element, at) => (types[at] ? inner(types[at], element, `[${at}]`) : element));
    },
    receive(value) {
      types.forEach((type, at) => type && settle(value, at, type));
      return value;
    },
  };
}

export function option(type) {
  return {
    send: (value) => (value === null || value === undefined ? value : type.send(value)),
    receive: (value) => (value === null ? value : type.receive(value)),
  };
}

/** `cases` are those with integers in them. */
export function variant(cases) {
  // A case may be called like what every object has: `constructor`.
  const types = new Map(Object.entries(cases));
  return {
    send(value) {
      const type = types.get(value?.tag);
      return type ? { ...value, val: inner(type, value.val, `.${value.tag}`) } : value;
    },
    receive(value) {
      const type = types.get(value.tag);
      if (type) settle(value, "val", type);
      return value;
    },
  };
}

/** Null where keys or values have no integers. */
export function map(key, value) {
  const each = (entries, change) => new Map([...entries].map(([k, v]) => [key ? change(key, k) : k, value ? change(value, v) : v]));
  return {
    send: (given) => (given instanceof Map ? each(given, (type, part) => inner(type, part, "[]")) : given),
    receive: (given) => each(given, (type, part) => type.receive(part)),
  };
}
