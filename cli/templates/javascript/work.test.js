import assert from "node:assert/strict";
import test from "node:test";

import { work } from "../{{work}}";

{{#if sample}}
{{#if sample.count}}
test("the answer is counted", () => {
  const tools = { {{camel sample.function}}: () => ({ {{camel sample.count}}: [1, 2] }) };
  assert.equal(work(tools, { {{~#each sample.inputs}}{{#unless @first}},{{/unless}} {{camel this}}: "x"{{#if @last}} {{/if}}{{/each~}} }), "2 {{words sample.count}}");
});
{{else if sample.text}}
test("the answer's text is the result", () => {
  const tools = { {{camel sample.function}}: () => ({ {{camel sample.text}}: "yes" }) };
  assert.equal(work(tools, { {{~#each sample.inputs}}{{#unless @first}},{{/unless}} {{camel this}}: "x"{{#if @last}} {{/if}}{{/each~}} }), "yes");
});
{{else if sample.is_blocks}}
test("the answer's texts are the result", () => {
  const tools = { {{camel sample.function}}: () => ({ content: [{ tag: "text", val: "yes" }] }) };
  assert.equal(work(tools, { {{~#each sample.inputs}}{{#unless @first}},{{/unless}} {{camel this}}: "x"{{#if @last}} {{/if}}{{/each~}} }), "yes");
});
{{else}}
test("an answer is enough", () => {
  const tools = { {{camel sample.function}}: () => ({}) };
  assert.equal(work(tools, { {{~#each sample.inputs}}{{#unless @first}},{{/unless}} {{camel this}}: "x"{{#if @last}} {{/if}}{{/each~}} }), "done");
});
{{/if}}

test("an error of the tool is an exception with its case", () => {
  const refuse = () => {
    throw Object.assign(new Error(), { payload: { tag: "denied", val: "no grant" } });
  };
  const values = { {{~#each sample.inputs}}{{#unless @first}},{{/unless}} {{camel this}}: "x"{{#if @last}} {{/if}}{{/each~}} };
  assert.throws(() => work({ {{camel sample.function}}: refuse }, values), { kind: "denied" });
});
{{else}}
test("the runs are counted", () => {
  const store = new Map();
  const state = { get: (key) => store.get(key) ?? null, set: (key, value) => store.set(key, value) };
  assert.equal(work(state, {}), "hello world, this is run 1");
  assert.equal(work(state, { name: "Ada" }), "hello Ada, this is run 2");
});
{{/if}}
