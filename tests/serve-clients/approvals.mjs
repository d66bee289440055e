// An agent on the official TypeScript SDK, version 2, whose script makes a call that the user decides about.
//
//     node approvals.mjs INSTALLATION PLAN
//
// The plan is JSON: `version`, `program` (`mcp-host`), `code`, and `cells`. Each cell has a `kind` of client (`none`: it
// cannot ask, `form`, `declines`: by itself and at once, `never`: it never answers), a `decision` (`approve`, `deny`,
// `expire`), and the `options` of `serve`. It prints a list with what came of each: what the client was `asked`, the text
// of the `call`, and the text of the `resume` where there was one.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const [installation, text] = process.argv.slice(2);
const plan = JSON.parse(text);
const require = createRequire(`${installation}/`);
const { Client } = require("@modelcontextprotocol/client");
const { StdioClientTransport } = require("@modelcontextprotocol/client/stdio");

// Longer than a run waits in the cells that expire, and than a client that never answers is waited for.
const LATE = 1_500;
const PATIENCE = 4_000;

// As long as a person takes at least: who answers faster is no person.
const THOUGHT = 700;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const answers = {
  form: async ({ decision }) => {
    if (decision === "expire") await pause(LATE);
    else await pause(THOUGHT);
    const said = decision === "deny" ? "refuse" : "allow once";
    return { action: "accept", content: { decision: said } };
  },
  declines: async () => ({ action: "decline" }),
  never: () => new Promise(() => {}),
};

const results = [];
for (const cell of plan.cells) results.push(await of(cell));
console.log(JSON.stringify(results));
process.exit();

async function of(cell) {
  for (let tries = 0; ; tries++) {
    const result = await once(cell);
    // On a busy machine the client was not fast enough to be taken for a machine.
    const slow = cell.kind === "declines" && result.resume === undefined;
    if (!slow || tries === 5) return result;
  }
}

async function once(cell) {
  const capabilities = cell.kind === "none" ? {} : { elicitation: { form: {} } };
  const mode = plan.version === "2025-11-25" ? "legacy" : { pin: plan.version };
  const client = new Client({ name: "typescript", version: "1" }, { capabilities, versionNegotiation: { mode } });
  const result = {};
  if (cell.kind !== "none") {
    client.setRequestHandler("elicitation/create", async (request) => {
      result.asked = request.params.message;
      return answers[cell.kind](cell);
    });
  }
  const args = ["serve", ...cell.options];
  await client.connect(new StdioClientTransport({ command: plan.program, args, env: process.env, stderr: "ignore" }));
  const call = async (given) => {
    const { content } = await client.callTool({ name: "run_script", arguments: given }, { timeout: 120_000 });
    if (content.length !== 1 || content[0].type !== "text") throw new Error(JSON.stringify(content));
    return content[0].text;
  };
  // The engine is compiled, and the servers are up.
  await call({ code: "export default 1;" });
  const called = call({ code: plan.code });
  called.catch(() => {});
  const waits = cell.kind === "never" ? pause(PATIENCE) : new Promise(() => {});
  result.call = await Promise.race([called, waits]);
  if (result.call === undefined || result.call.startsWith("paused  ")) {
    const run = result.call ? /run (r_\w{8})/.exec(result.call)[1] : waiting();
    if (cell.decision === "expire") await pause(LATE);
    else execFileSync(plan.program, ["approve", run, cell.decision === "deny" ? "--deny" : "--once"], { stdio: "pipe" });
    result.resume = await call({ resume: run });
  }
  await client.close();
  return result;
}

// The run of a call that has no answer, as the user finds it.
function waiting() {
  const listed = execFileSync(plan.program, ["runs", "--format", "json"], { stdio: "pipe" });
  return JSON.parse(listed).find((run) => ["paused", "expired"].includes(run.standing)).run;
}
