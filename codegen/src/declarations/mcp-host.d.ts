// What scripts of mcp-host import besides tools, and the globals that they have. Written by `mcp-codegen`. Do not edit:
// generate it again.

declare module "mcp-host" {
  /** The input of the run: the JSON value that `--input` gives. */
  // Any type, because only the script knows what it expects.
  export const input: any;

  /** One event in the log of the run, which never reaches its result. `log(...)` is `log.info(...)`. */
  export const log: LogEvent & Record<"trace" | "debug" | "info" | "warn" | "error", LogEvent>;
  type LogEvent = (message: unknown, fields?: Record<string, unknown>) => void;

  /** The whole file, in a directory that `--dir` grants, or below `/mcp-tools`. Paths are absolute. */
  export function readFile(path: string): Promise<Uint8Array>;
  /** The same for a text in UTF-8. */
  export function readTextFile(path: string): Promise<string>;
  /** The entries of one directory, sorted by name. */
  export function listDir(path: string): Promise<DirEntry[]>;
  /** Replaces the file, or makes it; needs a grant that ends in `:rw`. The parent directory must exist. */
  export function writeFile(path: string, contents: string | Uint8Array | ArrayBuffer): Promise<void>;

  export interface DirEntry {
    name: string;
    kind: "file" | "directory" | "other";
    /** In bytes. */
    size: number;
  }

  /** A key-value store that is private to the script and survives its runs. Values are JSON. */
  export const state: {
    /** The value, or `undefined` where the key is absent or has expired. */
    get<T = any>(key: string): Promise<T | undefined>;
    /** Sets the value; with `ttlMs` it expires after that many milliseconds. */
    set(key: string, value: unknown, options?: { ttlMs?: number }): Promise<void>;
    /** Removes the key; `false` where it was not there. */
    delete(key: string): Promise<boolean>;
    /** The keys with this prefix, in byte order. */
    list(prefix?: string): Promise<string[]>;
    /** Sets the value, or with `undefined` deletes it, if the present one is `expected`; else `false`. */
    compareAndSwap(key: string, expected: unknown, value: unknown): Promise<boolean>;
  };

  /** A call of a tool that failed. The same class as the global one. */
  export const ToolError: typeof globalThis.ToolError;
  export type ToolError = globalThis.ToolError;
}

/** The result of an earlier run of the same session. */
declare module "run:*" {
  const result: any;
  export default result;
}

/** A call of a tool that failed, was refused, or got no answer. */
interface ToolError extends Error {
  readonly server: string;
  readonly tool: string;
  /** What went wrong, such as `failed`, `denied`, `invalid-arguments`, `timed-out` or `too-large`. */
  readonly code: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly details: unknown;
}
declare var ToolError: { new (fields?: Partial<ToolError> | string): ToolError; readonly prototype: ToolError };

/** Writes to the log of the run. */
declare const console: {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  dir(value: unknown): void;
  table(value: unknown): void;
  assert(condition?: unknown, ...values: unknown[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  group(...values: unknown[]): void;
  groupCollapsed(...values: unknown[]): void;
  groupEnd(): void;
  time(label?: string): void;
  timeLog(label?: string): void;
  timeEnd(label?: string): void;
};

declare function setTimeout<A extends unknown[]>(callback: (...args: A) => void, ms?: number, ...args: A): number;
declare function setInterval<A extends unknown[]>(callback: (...args: A) => void, ms?: number, ...args: A): number;
declare function clearTimeout(id: number | undefined): void;
declare function clearInterval(id: number | undefined): void;
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T): T;
/** Bytes from base64, each as a character. */
declare function atob(base64: string): string;
declare function btoa(bytes: string): string;

/** Random values from the seed of the run. */
declare const crypto: {
  getRandomValues<
    T extends
      | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array
      | BigInt64Array | BigUint64Array,
  >(array: T): T;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
};

declare const performance: {
  /** Milliseconds since the run began. */
  now(): number;
  readonly timeOrigin: number;
};

declare class TextEncoder {
  readonly encoding: "utf-8";
  encode(text?: string): Uint8Array;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  /** `utf-8`, `utf-16le` or `latin1`. */
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}

declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  href: string;
  readonly origin: string;
  readonly searchParams: URLSearchParams;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  toString(): string;
  toJSON(): string;
}

declare class URLSearchParams {
  constructor(init?: string | URLSearchParams | Record<string, string> | Iterable<[string, string]>);
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}
