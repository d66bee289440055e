// Runs a script in node: a test plays the tools that it imports, and gives the input. It starts no server.
import { readFile } from "node:fs/promises";

const silent = () => {};
const log = Object.assign(silent, { trace: silent, debug: silent, info: silent, warn: silent, error: silent });
let runs = 0;

/**
 * The result of the script, as JSON has it. `tools` has the functions of each module that the script imports, and `host`
 * what it imports from "mcp-host" besides `input` and `log`.
 */
export async function run(script, { input = {}, tools = {}, host = {} } = {}) {
  const played = `played${++runs}`;
  globalThis[played] = { "mcp-host": { input, log, ...host }, ...tools };
  const module = (specifier) => {
    const names = Object.keys(globalThis[played][specifier] ?? {});
    const place = `globalThis.${played}[${JSON.stringify(specifier)}]`;
    const exports = names.map((name, at) => {
      const quoted = JSON.stringify(name);
      return `const e${at} = ${place}[${quoted}]; export { e${at} as ${quoted} };`;
    });
    return url(exports.join("\n"));
  };
  const source = await readFile(script, "utf8");
  const imports = /(\bfrom\s*|\bimport\s*)(["'])(mcp-host|(?:mcp-server|mcp|run):[^"']+)\2/g;
  const text = source.replace(imports, (_, before, __, specifier) => `${before}"${module(specifier)}"`);
  const { default: value } = await import(url(`${text}\n// run ${runs}`));
  const result = await (typeof value === "function" ? value(input) : value);
  return JSON.parse(JSON.stringify(result ?? null));
}

function url(text) {
  return `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
}
