// Chooses the range and reads its commits. The only file that calls tools.
import { call } from "./mcp.js";
export function read(tools, from, to, most) {
  const range = from === null ? chooseRange(tools, to) : { from, to: to ?? "HEAD" };
  const { listed, truncated } = list(tools, range.from, range.to, most);
  const commits = listed
    .filter((commit) => commit.parents.length <= 1)
    .map((commit) => call(tools.getCommit, { id: commit.id }));
  return { ...range, commits, merges: listed.length - commits.length, truncated };
}

/** The range where the caller gave no `from`: since the tag before `to`, else the whole history. */
function chooseRange(tools, to) {
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
export function tagBefore(tags, revision) {
  const at = tags.findIndex((tag) => tag.name === revision);
  const before = at < 0 ? tags[0] : tags.slice(at + 1).find((tag) => tag.commit !== tags[at]?.commit);
  return before?.name ?? null;
}

/** The newest commits of the range, and whether there are more than `most`. */
function list(tools, from, to, most) {
  const page = 200;
  const listed = [];
  let cursor = null;
  while (listed.length <= most) {
    // One more than wanted, to know whether there are more.
    const limit = Math.min(page, most + 1 - listed.length);
    const next = call(tools.listCommits, {
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
