// The tools of the MCP server `box-store`, written by `mcp-codegen`. Do not edit: generate it again.
// Types are those of the JSON on the wire. A call that fails throws a `ToolError`.

declare module "mcp-server:box-store/tools" {
  export type PlantMap = { [key: string]: PlantMap };

  /** A node of the tree. */
  export type PlantNode = {
    name: string;
    children?: PlantNode[];
    /** A node of the tree. */
    parent?: PlantNode | null;
    deep?: {
      /** A node of the tree. */
      more?: PlantNode;
      by_name?: Record<string, PlantNode>;
    };
  };

  export function plant(args: {
    /** A node of the tree. */
    root: PlantNode;
  }): Promise<PlantMap>;

  export type GrowResult = {
    result: GrowResult[];
  };

  export type GrowParams = {
    again?: GrowParams;
  };

  export function grow(args?: GrowParams): Promise<GrowResult>;

  export {};
}

declare module "mcp:box-store" {
  export * from "mcp-server:box-store/tools";
}
