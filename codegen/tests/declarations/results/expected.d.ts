// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function none(args?: Record<string, never>): Promise<unknown>;

  export function typed(args?: Record<string, never>): Promise<{
    boxes: {
      label: string;
    }[];
    next?: string | null;
  }>;

  export function wrapped(args?: Record<string, never>): Promise<{
    result: string[];
  }>;

  export function anything(args?: Record<string, never>): Promise<unknown>;

  export function open(args?: Record<string, never>): Promise<{
    /** An integer. */
    id: number;
    /** Every further property, by its name. */
    [key: string]: unknown;
  }>;

  export function rest(args?: Record<string, never>): Promise<{
    /** An integer. */
    id: number;
    /** Every further property, by its name. */
    [key: string]: unknown;
  }>;

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
