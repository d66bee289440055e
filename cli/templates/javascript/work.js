// What the skill does, with the tools as a parameter: a test plays them.
import { InvalidInput{{#if sample}}, call{{/if}} } from "./mcp.js";

/** The JSON Schema of the input. */
export const input = {
  type: "object",
{{#if sample}}
  properties: { {{~#each sample.inputs}}{{#unless @first}},{{/unless}} {{camel this}}: { type: "string" }{{#if @last}} {{/if}}{{/each~}} },
  required: [{{#each sample.inputs}}{{#unless @first}}, {{/unless}}"{{camel this}}"{{/each}}],
{{else}}
  properties: { name: { type: "string" } },
{{/if}}
};

{{#if sample}}
export function work(tools, values) {
  for (const name of input.required) {
    if (typeof values[name] !== "string") throw new InvalidInput(`\`${name}\` must be a text`);
  }
  const answer = call(tools.{{camel sample.function}}{{#if sample.params}}, {
{{#each sample.fields}}
    {{camel label}}: {{#if (eq given "nothing")}}null{{/if}}
{{~#if (eq given "input")}}values.{{camel label}}{{/if}}
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
  return answer.content
    .filter((block) => block.tag === "text")
    .map((block) => block.val)
    .join("\n");
{{else}}
  return answer === null ? "nothing" : "done";
{{/if}}
}
{{else}}
export function work(state, values) {
  const { name = "world" } = values;
  if (typeof name !== "string") throw new InvalidInput("`name` must be a text");
  const before = state.get("runs");
  const runs = before === null ? 1 : Number(String.fromCharCode(...before)) + 1;
  const digits = [...String(runs)].map((digit) => digit.charCodeAt(0));
  state.set("runs", Uint8Array.from(digits), null);
  return `hello ${name}, this is run ${runs}`;
}
{{/if}}
