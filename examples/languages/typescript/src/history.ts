// Chooses the range and reads its commits. The only file that calls tools.
import type git from "mcp-server:git-history/tools";
import type { Commit, GetCommitResult, ListCommitsResult, Tag } from "mcp-server:git-history/tools";
import { call } from "./mcp.js";

/** The commits of one range. */
export interface History {
  /** The revision before the first commit; null: from the beginning. */
  from: string | null;
  to: string;
  /** Newest first, without merges: what they bring in is in the others. */
  commits: GetCommitResult[];
  merges: number;
  /** There are more commits than were asked for. */
  truncated: boolean;
}

export type Tools = Pick<typeof git, "listTags" | "listCommits" | "getCommit">;

export function read(tools: Tools, from: string | null, to: string | null, most: number): History {
  const range = from === null ? chooseRange(tools, to) : { from, to: to ?? "HEAD" };
  const { listed, truncated } = list(tools, range.from, range.to, most);
  const commits = listed
    .filter((commit) => commit.parents.length <= 1)
    .map((commit) => call(tools.getCommit, { id: commit.id }));
  return { ...range, commits, merges: listed.length - commits.length, truncated };
}

/** The range where the caller gave no `from`: since the tag before `to`, else the whole history. */
function chooseRange(tools: Tools, to: string | null): { from: string | null; to: string } {
  const { tags } = call(tools.listTags, { limit: 1000 });
  if (to !== null) return { from: tagBefore(tags, to), to };
  const last = tags[0];
  if (last === undefined) return { from: null, to: "HEAD" };
  if (list(tools, last.name, "HEAD", 1).listed.length === 0) {
    // A release was made a moment ago, and it is what the notes are wanted for.
    return { from: tagBefore(tags, last.name), to: last.name };
  }
  return { from: last.name, to: "HEAD" };
}

/** The tag before a revision, or the last one where the revision is no tag. A commit may have several tags. */
export function tagBefore(tags: Tag[], revision: string): string | null {
  const at = tags.findIndex((tag) => tag.name === revision);
  const before = at < 0 ? tags[0] : tags.slice(at + 1).find((tag) => tag.commit !== tags[at]?.commit);
  return before?.name ?? null;
}

/** The newest commits of the range, and whether there are more than `most`. */
function list(tools: Tools, from: string | null, to: string, most: number): { listed: Commit[]; truncated: boolean } {
  const page = 200;
  const listed: Commit[] = [];
  let cursor: string | null = null;
  while (listed.length <= most) {
    // One more than wanted, to know whether there are more.
    const limit = Math.min(page, most + 1 - listed.length);
    const next: ListCommitsResult = call(tools.listCommits, {
      since: from,
      until: to,
      author: null,
      path: null,
      grep: null,
      limit,
      cursor,
    });
    listed.push(...next.commits);
    cursor = next.nextCursor;
    if (cursor === null) break;
  }
  return { listed: listed.slice(0, most), truncated: listed.length > most };
}
