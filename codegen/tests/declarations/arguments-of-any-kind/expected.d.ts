// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function silent(args?: Record<string, unknown>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function anything(args?: Record<string, unknown>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function object(args?: Record<string, unknown>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function meant_to_be_empty(args?: Record<string, never>): Promise<unknown>;
  export { meant_to_be_empty as meantToBeEmpty };

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function open(args?: Record<string, unknown>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function free(args?: Record<string, number>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function closed(args?: Record<string, never>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function either(args: {
    /** An integer. */
    id: number;
  } | {
    name: string;
  }): Promise<unknown>;

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
// refused: tool `never` is left out: its inputSchema allows no object, and the arguments of a tool are one
