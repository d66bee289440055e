// The baseline for a script with one tool call: a bare client of the official TypeScript SDK that starts the server, lists
// its tools, makes the same call and prints the response. `node bare_client.mjs SDK SERVER [ARGUMENT...]`
import { pathToFileURL } from "node:url";

const [sdk, command, ...args] = process.argv.slice(2);
const module = (path) => import(pathToFileURL(`${sdk}/dist/esm/client/${path}.js`).href);
const { Client } = await module("index");
const { StdioClientTransport } = await module("stdio");

const client = new Client({ name: "bare", version: "1" });
await client.connect(new StdioClientTransport({ command, args }));
const { tools } = await client.listTools();
if (!tools.some((tool) => tool.name === "wait")) throw new Error("no tool `wait`");
const answer = await client.callTool({ name: "wait", arguments: { name: "a" } });
console.log(answer.structuredContent.name);
await client.close();
