// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function store(args: {
    /** What stands on the box. */
    label: string;
    weight: number | null;
    /** An integer. */
    shelf?: number | null;
    "per page"?: boolean;
    "new"?: string;
    __proto__?: string;
  }): Promise<unknown>;

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
