// What the component exports. The work is in work.ts, which a test can import.
{{#if sample}}
import tools from "mcp-server:{{sample.server}}/tools";
{{else}}
import state from "mcp:tools/state@0.1.0";
{{/if}}
import type { Description } from "mcp:tools/types@0.1.0";
import { skill } from "./mcp.js";
import { input, work } from "./work.js";

export function describe(): Description {
  return {
    name: "{{name}}",
    description: "Says in one or two sentences what the skill does and when to use it.",
    inputSchema: JSON.stringify(input),
    outputSchema: JSON.stringify({ type: "string" }),
  };
}

export const run = skill((values: Record<string, unknown>) => work({{#if sample}}tools{{else}}state{{/if}}, values));
