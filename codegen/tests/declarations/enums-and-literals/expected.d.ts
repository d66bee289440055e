// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function sort(args: {
    by: "label" | "weight" | "\"" | "a\nb";
    /** Always `2`. */
    version: 2;
    /** One of `1`, `2`, `3`. */
    level?: 1 | 2 | 3;
    /** One of `0.5`, `-1`, `null`. */
    step?: 0.5 | -1 | null;
    /** Always `true`. */
    dry?: true;
    unit?: 1 | 10;
    many?: ("a" | "b")[];
  }): Promise<unknown>;

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
