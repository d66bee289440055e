// What the skill imports, written by `mcp-host build` from the WIT beside it. Do not edit.

/** Writes events to the log of the run. */
interface Console {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  assert(holds?: unknown, ...values: unknown[]): void;
  dir(value?: unknown): void;
  table(value?: unknown): void;
}
declare var console: Console;

declare module "mcp-server:git-history/tools" {
  import type { ToolError } from "mcp:tools/types@0.1.0";
  import type { ToolResult } from "mcp:tools/types@0.1.0";
  export interface GetCommitParams {
    /** The commit: an id, whole or shortened, a branch or a tag. */
    id: string;
  }
  export type Status = "added" | "modified" | "deleted" | "renamed" | "type-changed";
  export interface ChangedFile {
    /** The path, relative to the root of the repository. */
    path: string;
    /** The path before, where the file was renamed. */
    previousPath: string | null;
    /** What happened to the file. */
    status: Status;
    /**
     * Lines added. Absent for a binary file.
     * Format `uint64`.
     */
    added: number | null;
    /**
     * Lines deleted. Absent for a binary file.
     * Format `uint64`.
     */
    deleted: number | null;
  }
  export interface GetCommitResult {
    /** The commit's id in hexadecimal digits. */
    id: string;
    /** The ids of its parents: none for a root commit, two or more for a merge. */
    parents: string[];
    /** The author's name. */
    author: string;
    /** The author's e-mail address. */
    email: string;
    /** When it was written, as RFC 3339. */
    date: string;
    /** The first line of the message. */
    subject: string;
    /** The rest of the message; empty where there is none. */
    body: string;
    /** The files it changed. */
    files: ChangedFile[];
    /**
     * Lines added in all text files.
     * Format `uint64`.
     */
    added: number;
    /**
     * Lines deleted in all text files.
     * Format `uint64`.
     */
    deleted: number;
  }
  export interface ListCommitsParams {
    /**
     * Only commits that are not reachable from this revision: an id, branch or tag. The revision
     * itself is left out.
     */
    since: string | null;
    /** The newest commit to list: an id, branch or tag. Default: HEAD. */
    until: string | null;
    /** Only commits whose author name or e-mail contains this text, in any case. */
    author: string | null;
    /** Only commits that changed this file or directory. A path, not a pattern. */
    path: string | null;
    /** Only commits whose message contains this text, in any case. */
    grep: string | null;
    /**
     * The most commits to return. Default: 50.
     * Format `uint32`; 1 to 200.
     */
    limit: number | null;
    /** `nextCursor` of the page before. The other arguments must be the same as for that page. */
    cursor: string | null;
  }
  export interface Commit {
    /** The commit's id in hexadecimal digits. */
    id: string;
    /** The ids of its parents: none for a root commit, two or more for a merge. */
    parents: string[];
    /** The author's name. */
    author: string;
    /** The author's e-mail address. */
    email: string;
    /** When it was written, as RFC 3339. */
    date: string;
    /** The first line of the message. */
    subject: string;
  }
  export interface ListCommitsResult {
    /** The commits, newest first. */
    commits: Commit[];
    /** Pass it as `cursor` to get the next page. Absent on the last page. */
    nextCursor: string | null;
  }
  export interface ListTagsParams {
    /**
     * The most tags to return. Default: 100.
     * Format `uint32`; 1 to 1000.
     */
    limit: number | null;
  }
  export interface Tag {
    /** The tag's name, without `refs/tags/`. */
    name: string;
    /** The id of the commit that it points to. */
    commit: string;
    /** When it was made, as RFC 3339; for a lightweight tag, the date of its commit. */
    date: string;
    /** The message of an annotated tag. */
    message: string | null;
  }
  export interface ListTagsResult {
    /** The tags, newest first. */
    tags: Tag[];
  }
  const tools: {
    /**
     * Describe the repository
     *
     * Describes the repository in a few lines of text: branch, head, number of commits, first and
     * last date.
     *
     * Read-only. Closed world.
     */
    describeRepository(): ToolResult;
    /**
     * Get one commit
     *
     * Shows one commit: its whole message and the files it changed. A merge commit is compared
     * with its first parent, a root commit with the empty tree.
     *
     * Read-only. Closed world.
     */
    getCommit(params: GetCommitParams): GetCommitResult;
    /**
     * List commits
     *
     * Lists commits, newest first, one page at a time. All filters must match. Merge commits are
     * included.
     *
     * Read-only. Closed world.
     */
    listCommits(params: ListCommitsParams): ListCommitsResult;
    /**
     * List tags
     *
     * Lists tags that point to commits, newest first.
     *
     * Read-only. Closed world.
     */
    listTags(params: ListTagsParams): ListTagsResult;
  };
  export default tools;
}

declare module "mcp:tools/files@0.1.0" {
  /** Why a path could not be used. The text names the path. */
  export type FileError =
    | { tag: "not-found"; val: string }
    | { tag: "denied"; val: string }
    | { tag: "wrong-kind"; val: string }
    | { tag: "too-large"; val: string }
    | { tag: "io"; val: string };
  export type EntryKind = "file" | "directory" | "other";
  export interface DirEntry {
    name: string;
    kind: EntryKind;
    /** In bytes; 0 for what is not a file, and for a `tools.wit` that takes long to make. */
    size: number;
  }
  const files: {
    /** The whole file. */
    readFile(path: string): Uint8Array;
    /** The entries of one directory, sorted by name. */
    listDir(path: string): DirEntry[];
    /** Replaces the file, or makes it; needs a `:rw` grant. The parent directory must exist. */
    writeFile(path: string, contents: Uint8Array): void;
  };
  export default files;
}

declare module "mcp:tools/log@0.1.0" {
  export type Level = "trace" | "debug" | "info" | "warn" | "error";
  const log: {
    /** One event. Lines over the quota of the run are dropped and counted. */
    log(level: Level, message: string, fields: ([string, string])[]): void;
  };
  export default log;
}

declare module "mcp:tools/state@0.1.0" {
  export type StateError =
    | { tag: "invalid-key"; val: string }
    | { tag: "quota"; val: string }
    | { tag: "io"; val: string };
  const state: {
    /** The value, or none where the key is absent or has expired. */
    get(key: string): Uint8Array | null;
    /** Sets the value; with `ttl-ms` it expires after that many milliseconds. */
    set(key: string, value: Uint8Array, ttlMs: number | null): void;
    /** Removes the key; false where it was not there. */
    delete(key: string): boolean;
    /** The keys with this prefix, in byte order. */
    listKeys(prefix: string): string[];
    /**
     * Sets the value (none: deletes it) if the present one is `expected` (none: absent).
     * False, and no change, where it is not.
     */
    compareAndSwap(key: string, expected: Uint8Array | null, value: Uint8Array | null): boolean;
  };
  export default state;
}

declare module "mcp:tools/tools@0.1.0" {
  import type { Json } from "mcp:tools/types@0.1.0";
  import type { ToolError } from "mcp:tools/types@0.1.0";
  import type { ToolResult } from "mcp:tools/types@0.1.0";
  /** One call of a batch. */
  export interface ToolCall {
    server: string;
    tool: string;
    /** A JSON object. */
    arguments: Json;
  }
  const tools: {
    /** Calls one tool and waits for its answer. */
    callTool(server: string, tool: string, arguments: Json): ToolResult;
    /**
     * Makes all calls at once on the host and answers in the order of the list.
     * Each call counts against the call budget, and each has its own result.
     */
    callTools(calls: ToolCall[]): ({ tag: "ok"; val: ToolResult } | { tag: "err"; val: ToolError })[];
  };
  export default tools;
}

declare module "mcp:tools/types@0.1.0" {
  /** One JSON value as UTF-8 text (RFC 8259). */
  export type Json = string;
  /** Binary content, decoded from base64. */
  export interface Media {
    data: Uint8Array;
    mimeType: string;
  }
  /** A resource is text, or bytes decoded from base64. */
  export type ResourceContents =
    | { tag: "text"; val: string }
    | { tag: "blob"; val: Uint8Array };
  /** A resource carried inside the answer. */
  export interface EmbeddedResource {
    uri: string;
    mimeType: string | null;
    contents: ResourceContents;
  }
  /** A resource that the server can be asked for. */
  export interface ResourceLink {
    uri: string;
    name: string;
    description: string | null;
    mimeType: string | null;
  }
  /** One block of content (MCP "Tool Result"). */
  export type ContentBlock =
    | { tag: "text"; val: string }
    | { tag: "image"; val: Media }
    | { tag: "audio"; val: Media }
    | { tag: "resource"; val: EmbeddedResource }
    | { tag: "resource-link"; val: ResourceLink };
  /** What a tool answered. */
  export interface ToolResult {
    /** `structuredContent`, where the tool gave it. */
    structured: Json | null;
    /** The content blocks in the order of the answer. */
    content: ContentBlock[];
  }
  /** Why a tool call gave no result. Only `failed` says that the tool itself ran. */
  export type ToolError =
    | { tag: "failed"; val: ToolResult }
    | { tag: "invalid-arguments"; val: string }
    | { tag: "denied"; val: string }
    | { tag: "not-found"; val: string }
    | { tag: "budget-exhausted"; val: string }
    | { tag: "timed-out"; val: string }
    | { tag: "unavailable"; val: string }
    | { tag: "too-large"; val: string }
    | { tag: "protocol"; val: string };
  /** What a skill says about itself. */
  export interface Description {
    /** Lowercase, with hyphens: `release-notes`. */
    name: string;
    /** One or two sentences on what it does and when to use it. */
    description: string;
    /** JSON Schema (2020-12) of the input; none where any JSON value will do. */
    inputSchema: Json | null;
    /** JSON Schema (2020-12) of the output. */
    outputSchema: Json | null;
  }
  /** Why a skill gave no result. */
  export type SkillError =
    | { tag: "invalid-input"; val: string }
    | { tag: "tool"; val: ToolError }
    | { tag: "failed"; val: string };
}
