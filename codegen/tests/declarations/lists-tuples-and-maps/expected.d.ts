// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function pack(args: {
    /** 1 to 9 elements. */
    boxes: string[];
    /** At least 2 elements. */
    corner?: [number, number];
    tags?: Record<string, string | null>;
    nested?: (number | null)[][];
    any?: unknown[];
    free?: Record<string, unknown>;
    none?: Record<string, never>;
    whatever?: unknown;
    "void"?: null;
  }): Promise<unknown>;

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
