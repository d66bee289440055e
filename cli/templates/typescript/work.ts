// What the skill does, with the tools as a parameter: a test plays them.
{{#if sample}}
import type tools from "mcp-server:{{sample.server}}/tools";
{{else}}
import type state from "mcp:tools/state@0.1.0";
{{/if}}
import { InvalidInput{{#if sample}}, call{{/if}} } from "./mcp.js";

/** The JSON Schema of the input. */
export const input = {
  type: "object",
{{#if sample}}
  properties: { {{~#each sample.inputs}}{{#unless @first}},{{/unless}} {{camel this}}: { type: "string" }{{#if @last}} {{/if}}{{/each~}} },
  required: [{{#each sample.inputs}}{{#unless @first}}, {{/unless}}"{{camel this}}"{{/each}}] as string[],
{{else}}
  properties: { name: { type: "string" } },
{{/if}}
};

{{#if sample}}
/** The tools that it calls: a test supplies no others. */
export type Tools = Pick<typeof tools, "{{camel sample.function}}">;

export function work(tools: Tools, values: Record<string, unknown>): string {
{{#if sample.inputs}}
  const text = (name: string): string => {
    const value = values[name];
    if (typeof value !== "string") throw new InvalidInput(`\`${name}\` must be a text`);
    return value;
  };
{{else}}
  if (typeof values !== "object") throw new InvalidInput("the input must be an object");
{{/if}}
  const answer = call(tools.{{camel sample.function}}{{#if sample.params}}, {
{{#each sample.fields}}
    {{camel label}}: {{#if (eq given "nothing")}}null{{/if}}
{{~#if (eq given "input")}}text("{{camel label}}"){{/if}}
{{~#if (eq given "one")}}1{{/if}}
{{~#if (eq given "one-point-zero")}}1{{/if}}
{{~#if (eq given "false")}}false{{/if}},
{{/each}}
  }{{/if}});
{{#if sample.count}}
  return `${answer.{{camel sample.count}}.length} {{words sample.count}}`;
{{else if sample.text}}
  return answer.{{camel sample.text}};
{{else if sample.is_blocks}}
  return answer.content.flatMap((block) => (block.tag === "text" ? [block.val] : [])).join("\n");
{{else}}
  return answer === null ? "nothing" : "done";
{{/if}}
}
{{else}}
export function work(store: Pick<typeof state, "get" | "set">, values: Record<string, unknown>): string {
  const { name = "world" } = values;
  if (typeof name !== "string") throw new InvalidInput("`name` must be a text");
  const before = store.get("runs");
  const runs = before === null ? 1 : Number(String.fromCharCode(...before)) + 1;
  const digits = [...String(runs)].map((digit) => digit.charCodeAt(0));
  store.set("runs", Uint8Array.from(digits), null);
  return `hello ${name}, this is run ${runs}`;
}
{{/if}}
