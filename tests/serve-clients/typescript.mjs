// An agent on the official TypeScript SDK: `client` is version 2, `sdk` is version 1. It connects to `mcp-host serve`,
// does what an agent does, and prints one JSON result.
//
//     node typescript.mjs INSTALLATION PLAN
//
// The plan is JSON: `sdk`, `version`, `target` (`command` and `args`, or `url`), `queries`, `names`, `code`, `slow`. Each
// query comes with the beginning of its best hit. With `call`, it makes that call alone and prints its result: with
// `times`, so many at once, and the first result; with `terminate`, it ends the server after so many milliseconds; with
// `starve`, it leaves the server 512 MiB of address space, and repeats the code so many times.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [installation, text] = process.argv.slice(2);
const plan = JSON.parse(text);
const require = createRequire(`${installation}/`);

const { client, transport, call, protocol } = plan.sdk === "client" ? second() : first();
await client.connect(transport);
if (plan.call) {
  if (plan.starve) await starve();
  const calls = Array.from({ length: plan.times ?? 1 }, () => call(plan.call, { timeout: 120_000 }));
  if (plan.terminate) setTimeout(() => process.kill(transport.pid, "SIGTERM"), plan.terminate);
  console.log(JSON.stringify(await Promise.race(calls)));
  if (calls.length === 1) await client.close();
  process.exit();
}
const { tools } = await client.listTools();

const answered = {
  protocol: protocol(),
  server: client.getServerVersion().name,
  instructions: client.getInstructions(),
  tools: tools.map((tool) => tool.name),
  search: await search(),
  describe: await asked("describe_tools", { names: plan.names }),
  script: await asked("run_script", { code: plan.code }),
};

// Cancelled while a server works for it: with one slot, the next script shows that the run is over.
const cancel = new AbortController();
const slow = asked("run_script", { code: plan.slow }, { signal: cancel.signal });
setTimeout(() => cancel.abort("the user pressed Escape"), 1_000);
answered.cancelled = await slow.then((answer) => answer, () => "cancelled");
answered.after = await asked("run_script", { code: "export default 'after';" });
await client.close();
console.log(JSON.stringify(answered));

async function starve() {
  await call({ name: "run_script", arguments: { code: "export default 1;" } }, { timeout: 120_000 });
  const [, size] = /VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${transport.pid}/status`, "utf8"));
  execFileSync("prlimit", ["--pid", transport.pid, `--as=${Number(size) * 1024 + 2 ** 29}`]);
  plan.call.arguments.code = plan.call.arguments.code.repeat(plan.starve);
}

async function asked(name, given, options) {
  const result = await call({ name, arguments: given }, { timeout: 120_000, ...options });
  const { content } = result;
  if (content.length !== 1 || content[0].type !== "text") throw new Error(JSON.stringify(result));
  return { text: content[0].text, isError: result.isError === true };
}

// Servers start beside the session: a search finds their tools when they are up.
async function search() {
  const end = Date.now() + 60_000;
  const found = [];
  for (const [query, hit] of plan.queries) {
    let answer;
    while (!(answer = await asked("search_tools", { query })).text.startsWith(hit)) {
      if (Date.now() > end) throw new Error(`no ${hit} in: ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    found.push(answer);
  }
  return found;
}

function second() {
  const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");
  const { StdioClientTransport } = require("@modelcontextprotocol/client/stdio");
  const mode = plan.version === "2025-11-25" ? "legacy" : { pin: plan.version };
  const client = new Client({ name: "typescript-2", version: "1" }, { versionNegotiation: { mode } });
  const transport = reach(StdioClientTransport, StreamableHTTPClientTransport);
  const call = (params, options) => client.callTool(params, options);
  return { client, transport, call, protocol: () => client.getNegotiatedProtocolVersion() };
}

function first() {
  const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
  const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const client = new Client({ name: "typescript-1", version: "1" });
  const transport = reach(StdioClientTransport, StreamableHTTPClientTransport);
  // This client says the version to its transport only.
  let version;
  const tell = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (given) => {
    version = given;
    tell?.(given);
  };
  const call = (params, options) => client.callTool(params, undefined, options);
  return { client, transport, call, protocol: () => version };
}

function reach(Stdio, Http) {
  const { command, args, url } = plan.target;
  return url ? new Http(new URL(url)) : new Stdio({ command, args, env: process.env, stderr: "ignore" });
}
