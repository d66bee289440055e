// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /**
   * one
   *  * /
   * export const worse = 1;
   * /*
   * \@deprecated
   * @returns A JSON value, or a text: the server declares no type for it.
   */
  function x_evil__(args?: {
    /** * / export const evil = 1; /* */
    "a */ b"?: string;
    /**
     * first
     * \@ts-expect-error
     */
    c?: string;
    /**
     * backwards
     * line
     * Default `"* /"`.
     */
    d?: string;
    e?: "*/" | "\u{202e}" | "${x}" | "`";
  }): Promise<unknown>;
  export { x_evil__ as "x */ } evil", x_evil__ as x_evil, x_evil__ as xEvil };

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
