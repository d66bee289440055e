// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /**
   * Post a box
   *
   * Sends it.
   *
   * Cannot be undone.
   *
   * Not read-only. Destructive. Not idempotent. Open world.
   * @returns A JSON value, or a text: the server declares no type for it.
   */
  export function post(args: {
    /**
     * The address.
     * Format `email`; pattern `^.+@.+$`; 3 to 80 characters.
     */
    to: string;
    /** Default `1`; an integer; 0 to 255. */
    copies?: number;
    /** An integer. */
    pages?: number;
    /** An integer; at least 1. */
    count?: number;
    /** A multiple of 0.5; greater than 0. */
    scale?: number;
    /**
     * Use `to`.
     * Deprecated.
     * @deprecated
     */
    old?: string;
  }): Promise<unknown>;

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
