// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function list_boxes(args?: Record<string, never>): Promise<unknown>;
  export { list_boxes as listBoxes };

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function openBox(args?: Record<string, never>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  function close_box__(args?: Record<string, never>): Promise<unknown>;
  export { close_box__ as "close-box", close_box__ as closeBox };

  /** @returns A JSON value, or a text: the server declares no type for it. */
  function delete__(args?: Record<string, never>): Promise<unknown>;
  export { delete__ as delete };

  /** @returns A JSON value, or a text: the server declares no type for it. */
  function box_weigh_all__(args?: Record<string, never>): Promise<unknown>;
  export { box_weigh_all__ as "box.weigh/all", box_weigh_all__ as box_weigh_all, box_weigh_all__ as boxWeighAll };

  /** @returns A JSON value, or a text: the server declares no type for it. */
  export function close_box(args?: Record<string, never>): Promise<unknown>;

  /** @returns A JSON value, or a text: the server declares no type for it. */
  function n7up__(args?: Record<string, never>): Promise<unknown>;
  export { n7up__ as "7up", n7up__ as n7up };

  /** @returns A JSON value, or a text: the server declares no type for it. */
  function gr_uf6_udf_e__(args?: Record<string, never>): Promise<unknown>;
  export { gr_uf6_udf_e__ as "größe", gr_uf6_udf_e__ as gr_uf6_udf_e, gr_uf6_udf_e__ as grUf6UdfE };

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
