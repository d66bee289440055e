// Writes release notes from the history of a git repository, as `../../release-notes` does in Rust. Runs as it is.
import { get_commit, list_commits, list_tags } from "mcp-server:git-history/tools";
import { input, log } from "mcp-host";

interface ChangedFile {
  path: string;
  added?: number | null;
  deleted?: number | null;
}

interface Commit {
  id: string;
  parents: string[];
  author: string;
  email: string;
  date: string;
  subject: string;
  body: string;
  files: ChangedFile[];
  added: number;
  deleted: number;
}

type Listed = Pick<Commit, "id" | "parents">;

interface Tag {
  name: string;
  commit: string;
}

/** The commits of one range. */
interface History {
  /** The revision before the first commit; null: from the beginning. */
  from: string | null;
  to: string;
  /** Newest first, without merges: what they bring in is in the others. */
  commits: Commit[];
  merges: number;
  /** There are more commits than were asked for. */
  truncated: boolean;
}

/** Commits that are read at once. */
const atOnce = 8;

async function read(from: string | null, to: string | null, most: number): Promise<History> {
  const range = from === null ? await chooseRange(to) : { from, to: to ?? "HEAD" };
  const { listed, truncated } = await list(range.from, range.to, most);
  const wanted = listed.filter((commit) => commit.parents.length <= 1);
  const commits: Commit[] = [];
  for (let at = 0; at < wanted.length; at += atOnce) {
    const some = wanted.slice(at, at + atOnce).map(({ id }) => get_commit({ id }));
    commits.push(...(await Promise.all(some)));
  }
  return { ...range, commits, merges: listed.length - commits.length, truncated };
}

/** The range where the caller gave no `from`: since the tag before `to`, else the whole history. */
async function chooseRange(to: string | null): Promise<{ from: string | null; to: string }> {
  const { tags }: { tags: Tag[] } = await list_tags({ limit: 1000 });
  if (to !== null) return { from: tagBefore(tags, to), to };
  const last = tags[0];
  if (last === undefined) return { from: null, to: "HEAD" };
  if ((await list(last.name, "HEAD", 1)).listed.length === 0) {
    // A release was made a moment ago, and it is what the notes are wanted for.
    return { from: tagBefore(tags, last.name), to: last.name };
  }
  return { from: last.name, to: "HEAD" };
}

/** The tag before a revision, or the last one where the revision is no tag. A commit may have several tags. */
function tagBefore(tags: Tag[], revision: string): string | null {
  const at = tags.findIndex((tag) => tag.name === revision);
  const before = at < 0 ? tags[0] : tags.slice(at + 1).find((tag) => tag.commit !== tags[at]?.commit);
  return before?.name ?? null;
}

/** The newest commits of the range, and whether there are more than `most`. */
async function list(since: string | null, until: string, most: number): Promise<{ listed: Listed[]; truncated: boolean }> {
  const page = 200;
  const listed: Listed[] = [];
  let cursor: string | undefined;
  while (listed.length <= most) {
    // One more than wanted, to know whether there are more.
    const limit = Math.min(page, most + 1 - listed.length);
    const next = await list_commits({ until, limit, ...(since === null ? {} : { since }), ...(cursor ? { cursor } : {}) });
    listed.push(...next.commits);
    cursor = next.nextCursor ?? undefined;
    if (cursor === undefined) break;
  }
  return { listed: listed.slice(0, most), truncated: listed.length > most };
}

/** The most changes of one kind, contributors and directories that are listed; the rest is counted. */
const mostListed = 20;
const mostBiggest = 5;

/** In the order of the page. */
const kinds = ["features", "fixes", "performance", "documentation", "tests", "maintenance", "other"] as const;
type Kind = (typeof kinds)[number];

interface Class {
  kind: Kind;
  /** The scope that the author gave, or the directory with the most changed lines. */
  area: string | null;
  breaking: boolean;
  /** The subject without its prefix. */
  text: string;
}

/** One commit. */
interface Change {
  id: string;
  text: string;
  area?: string;
  author: string;
  lines: number;
}

/** The notes as data. */
type Summary = ReturnType<typeof summarize>;

/** The notes as data, in the order of their JSON. What is undefined is left out there. */
function summarize(history: History) {
  const { commits } = history;
  const classes = commits.map(classify);
  const changes = commits.map((commit, at) => change(commit, classes[at]!));
  const sections = kinds.map((kind) => {
    const all = changes.filter((_, at) => classes[at]?.kind === kind);
    return { kind, changes: all.slice(0, mostListed), more: Math.max(0, all.length - mostListed) };
  });
  const biggest = changes.filter((change) => change.lines > 0);
  biggest.sort((a, b) => b.lines - a.lines || compare(a.id, b.id));
  const contributors = contributorsOf(commits);
  const days = commits.map((commit) => commit.date.slice(0, 10)).sort();
  return {
    range: {
      from: history.from ?? undefined,
      to: history.to,
      firstDay: days[0],
      lastDay: days[days.length - 1],
      truncated: history.truncated,
    },
    totals: {
      commits: commits.length,
      merges: history.merges,
      contributors: contributors.length,
      files: new Set(commits.flatMap((commit) => commit.files.map((file) => file.path))).size,
      linesAdded: sum(commits, (commit) => commit.added),
      linesDeleted: sum(commits, (commit) => commit.deleted),
    },
    details: {
      breaking: changes.filter((_, at) => classes[at]?.breaking),
      sections: sections.filter((section) => section.changes.length > 0),
      biggest: biggest.slice(0, mostBiggest),
      areas: areasOf(commits),
      contributors: contributors.slice(0, mostListed).map(({ name, commits }) => ({ name, commits })),
    },
  };
}

function change(commit: Commit, { text, area }: Class): Change {
  return {
    id: commit.id.slice(0, 8),
    text,
    area: area ?? undefined,
    author: commit.author,
    lines: commit.added + commit.deleted,
  };
}

/** Believes Conventional Commits where they are used, and looks at the files and the words where not. */
function classify(commit: Commit): Class {
  const footer = commit.body.split("\n").some((line) => line.startsWith("BREAKING CHANGE:"));
  const [, prefix = "", text = ""] = /^(.*?): (.*)$/s.exec(commit.subject) ?? [];
  const [, name = "", scope, mark] = /^([^()]*?)(?:\((.*)\))?(!?)$/.exec(prefix) ?? [];
  const kind = kindOfPrefix[lower(name)];
  if (kind !== undefined) {
    return { kind, area: scope ?? areaOf(commit.files), breaking: mark === "!" || footer, text: text.trim() };
  }
  return {
    kind: kindByFiles(commit.files) ?? kindByWords(commit.subject),
    area: areaOf(commit.files),
    breaking: footer,
    text: commit.subject,
  };
}

const kindOfPrefix = byWord({
  features: "feat feature",
  fixes: "fix",
  performance: "perf",
  documentation: "docs doc",
  tests: "test tests",
  maintenance: "build chore ci deps refactor style",
  other: "revert",
});

const kindOfFirstWord = byWord({
  features: "add adds added allow implement introduce support",
  fixes: "correct fix fixes fixed handle prevent",
  performance: "optimise optimize speed",
  documentation: "document",
  tests: "test",
  maintenance: "bump clean move refactor release rename update upgrade",
});

function byWord(words: Partial<Record<Kind, string>>): Record<string, Kind | undefined> {
  const pairs = kinds.flatMap((kind) => (words[kind]?.split(" ") ?? []).map((word) => [word, kind] as const));
  return Object.assign(Object.create(null), Object.fromEntries(pairs));
}

function kindByFiles(files: ChangedFile[]): Kind | null {
  const all = (holds: (path: string) => boolean) => files.length > 0 && files.every((file) => holds(file.path));
  if (all((path) => path.endsWith(".md") || path.startsWith("docs/"))) return "documentation";
  if (all((path) => path.split("/").some((part) => part === "test" || part === "tests"))) return "tests";
  return null;
}

function kindByWords(subject: string): Kind {
  const [first = ""] = subject.trim().split(/\s+/);
  return kindOfFirstWord[lower(first)] ?? "other";
}

/** The top directory of a file; null for a file in the root. */
function topOf(path: string): string | null {
  const slash = path.indexOf("/");
  return slash < 0 ? null : path.slice(0, slash);
}

const linesOf = (file: ChangedFile) => (file.added ?? 0) + (file.deleted ?? 0);

/** The top directory with the most changed lines; the first in the alphabet where several have as many. */
function areaOf(files: ChangedFile[]): string | null {
  const lines = new Map<string, number>();
  for (const file of files) {
    const top = topOf(file.path);
    if (top !== null) lines.set(top, (lines.get(top) ?? 0) + linesOf(file));
  }
  const [first] = [...lines].sort(([a, m], [b, n]) => n - m || compare(a, b));
  return first?.[0] ?? null;
}

function areasOf(commits: Commit[]) {
  const areas = new Map<string, { name: string; commits: number; lines: number }>();
  for (const commit of commits) {
    const touched = new Set<string>();
    for (const file of commit.files) {
      const name = topOf(file.path);
      if (name === null) continue;
      const area = areas.get(name) ?? { name, commits: 0, lines: 0 };
      if (!touched.has(name)) area.commits += 1;
      touched.add(name);
      area.lines += linesOf(file);
      areas.set(name, area);
    }
  }
  return [...areas.values()].sort((a, b) => b.lines - a.lines || compare(a.name, b.name)).slice(0, mostListed);
}

/** By e-mail address, which changes less often than the name; called as in the newest commit. */
function contributorsOf(commits: Commit[]) {
  const byEmail = new Map<string, { email: string; name: string; commits: number }>();
  for (const { email, author } of commits) {
    const key = lower(email);
    const contributor = byEmail.get(key) ?? { email: key, name: author, commits: 0 };
    contributor.commits += 1;
    byEmail.set(key, contributor);
  }
  return [...byEmail.values()].sort(
    (a, b) => b.commits - a.commits || compare(a.name, b.name) || compare(a.email, b.email),
  );
}

const sum = (commits: Commit[], of: (commit: Commit) => number) =>
  commits.reduce((total, commit) => total + of(commit), 0);

/** ASCII only, as commit prefixes and host names are. */
const lower = (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** By code point, which is the order of UTF-8 too; `<` compares UTF-16. */
function compare(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const headings: Record<Kind, string> = {
  features: "Features",
  fixes: "Fixes",
  performance: "Performance",
  documentation: "Documentation",
  tests: "Tests",
  maintenance: "Maintenance",
  other: "Other changes",
};

function page({ range, totals, details }: Summary, title: string): string {
  const start = range.from === undefined ? "All changes up to" : `Changes from \`${range.from}\` to`;
  const when = range.firstDay === undefined ? "" : `, ${range.firstDay} to ${range.lastDay}`;
  const numbers = [
    `${count(totals.commits, "commit")} by ${count(totals.contributors, "contributor")}`,
    count(totals.files, "file"),
    `${count(totals.linesAdded, "line")} added and ${totals.linesDeleted} deleted.`,
  ];
  const lines = [`# ${title}`, "", `${start} \`${range.to}\`${when}: ${numbers.join(", ")}`];
  if (range.truncated) lines.push("", "The range has more commits; these are the newest.");

  const section = (heading: string, body: string[]) => {
    if (body.length > 0) lines.push("", `## ${heading}`, "", ...body);
  };
  section("Breaking changes", details.breaking.map(line));
  for (const { kind, changes, more } of details.sections) {
    section(headings[kind], [...changes.map(line), ...(more > 0 ? [`- and ${more} more`] : [])]);
  }
  section(
    "Biggest changes",
    details.biggest.map((change) => `- ${count(change.lines, "line")}: ${change.text} (\`${change.id}\`)`),
  );
  const areas = details.areas.map((area) => `| \`${area.name}\` | ${area.commits} | ${area.lines} |`);
  if (areas.length > 0) section("Where", ["| Directory | Commits | Lines |", "|---|---:|---:|", ...areas]);
  section(
    "Contributors",
    details.contributors.map(({ name, commits }) => `- ${name} (${count(commits, "commit")})`),
  );
  return `${lines.join("\n")}\n`;
}

function line({ area, text, id, author }: Change): string {
  return `- ${area === undefined ? "" : `**${area}**: `}${text} (\`${id}\`, ${author})`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

const most = input.maxCommits ?? 400;
if (!Number.isInteger(most) || most < 1 || most > 65535) {
  throw new RangeError("`maxCommits` must be a whole number from 1 to 65535");
}
const format = input.format ?? "markdown";
if (format !== "markdown" && format !== "json") throw new RangeError("`format` must be `markdown` or `json`");

const history = await read(input.from ?? null, input.to ?? null, most);
log.info("read the history", { commits: history.commits.length });
const summary = summarize(history);
export default format === "json" ? summary : page(summary, input.title ?? "Release notes");
