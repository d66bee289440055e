// A skill that writes release notes from the history of a git repository, as `../../release-notes` does in Rust.
import log from "mcp:tools/log@0.1.0";
import git from "mcp-server:git-history/tools";
import { read } from "./history.js";
import { InvalidInput, skill } from "./mcp.js";
import { page } from "./page.js";
import { summarize } from "./summary.js";

export function describe() {
  return {
    name: "release-notes",
    description: "Writes release notes from the history of a git repository.",
    inputSchema: JSON.stringify({
      type: "object",
      properties: {
        from: { type: ["string", "null"] },
        to: { type: ["string", "null"] },
        title: { type: ["string", "null"] },
        format: { enum: ["markdown", "json"], default: "markdown" },
        maxCommits: { type: "integer", minimum: 1, maximum: 65535, default: 400 },
      },
    }),
    outputSchema: JSON.stringify({ type: ["string", "object"] }),
  };
}

export const run = skill((input) => {
  const most = input.maxCommits ?? 400;
  if (!Number.isInteger(most) || most < 1 || most > 65535) {
    throw new InvalidInput("`maxCommits` must be a whole number from 1 to 65535");
  }
  const format = input.format ?? "markdown";
  if (format !== "markdown" && format !== "json") throw new InvalidInput("`format` must be `markdown` or `json`");
  const history = read(git, input.from ?? null, input.to ?? null, most);
  log.log("info", "read the history", [["commits", String(history.commits.length)]]);
  const summary = summarize(history);
  return format === "json" ? summary : page(summary, input.title ?? "Release notes");
});
