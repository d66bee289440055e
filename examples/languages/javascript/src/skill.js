// A skill that writes release notes from the history of a git repository, as `../../release-notes` does in Rust.
import log from "mcp:tools/log@0.1.0";
import git from "mcp-server:git-history/tools";
import { read } from "./history.js";
import { InvalidInput, skill } from "./mcp.js";
import { page } from "./notes.js";

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
        maxCommits: { type: "integer", minimum: 1, maximum: 65535, default: 400 },
      },
    }),
    outputSchema: JSON.stringify({ type: "string" }),
  };
}

export const run = skill((input) => {
  const most = input.maxCommits ?? 400;
  if (!Number.isInteger(most) || most < 1 || most > 65535) {
    throw new InvalidInput("`maxCommits` must be a whole number from 1 to 65535");
  }
  const history = read(git, input.from ?? null, input.to ?? null, most);
  log.log("info", "read the history", [["commits", String(history.commits.length)]]);
  return page(history, input.title ?? "Release notes");
});
