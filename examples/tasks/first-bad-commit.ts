// Since which commit does the checkout not retry, who made it, and who owns the file? A binary search over revisions.
import { read_text_file } from "mcp:filesystem";
import { git_log, git_show } from "mcp:git";
import { input } from "mcp-host";

const file = "config/flags.json";
const flag = "checkout.retries";
const repo_path = `${input.shop}/repo`;

async function valueAt(commit: string): Promise<number> {
  const text = (await git_show({ repo_path, revision: `${commit}:${file}` })) as string;
  return JSON.parse(text)[flag];
}

// A date without a time would mean the present time of that day.
const log = (await git_log({ repo_path, max_count: 5000, start_timestamp: "2026-01-01T00:00:00Z" })) as string;
const commits = [...log.matchAll(/^Commit: (\w+)$/gm)].map(([, id]) => id!).reverse();

let [good, bad] = [0, commits.length - 1];
const [before, after] = [await valueAt(commits[good]!), await valueAt(commits[bad]!)];
if (before === after) throw new Error(`"${flag}" is ${after} since ${commits[good]}`);
while (bad - good > 1) {
  const middle = Math.floor((good + bad) / 2);
  if ((await valueAt(commits[middle]!)) === before) good = middle;
  else bad = middle;
}

const commit = commits[bad]!;
const shown = (await git_show({ repo_path, revision: commit })) as string;
const owners = (await read_text_file({ path: `${input.shop}/files/OWNERS.md` })).content;
export default {
  commit: commit.slice(0, 10),
  author: /^Author: (.*) </m.exec(shown)?.[1],
  date: /^Date: +(\S+)/m.exec(shown)?.[1],
  subject: /^ {4}(.*)$/m.exec(shown)?.[1],
  [flag]: { before, after },
  owner: /^\| `config\/` \| (.*?) \|/m.exec(owners)?.[1],
  searched: commits.length,
};
