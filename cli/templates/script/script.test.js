import assert from "node:assert/strict";
import test from "node:test";

import { run } from "./play.js";

const script = new URL("../build/{{name}}.js", import.meta.url);

{{#if sample}}
/** Plays the tool with this function. */
const tools = (tool) => ({ "mcp-server:{{sample.server}}/tools": { {{{sample.key}}}: tool } });

test("the result is made of the tool's answer", async () => {
  const calls = [];
  const answer = async (args) => {
    calls.push(args);
    return {{{sample.answer}}};
  };
  assert.deepEqual(await run(script, { input: {{{input}}}, tools: tools(answer) }), {{{sample.result}}});
  assert.deepEqual(calls, [{{{sample.passed}}}]);
});

test("an error of the tool is an error of the script", async () => {
  const refuse = async () => {
    throw new Error("no grant");
  };
  await assert.rejects(run(script, { input: {{{input}}}, tools: tools(refuse) }), /no grant/);
});
{{else}}
test("the name of the input is greeted", async () => {
  assert.equal(await run(script, { input: { name: "Ada" } }), "hello Ada");
  assert.equal(await run(script), "hello world");
});
{{/if}}
