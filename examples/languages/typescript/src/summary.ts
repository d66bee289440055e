// Understands, counts and sorts commits. Everything is sorted, so the same history gives the same notes.
import type { ChangedFile, GetCommitResult } from "mcp-server:git-history/tools";
import type { History } from "./history.js";

/** The most changes of one kind, contributors and directories that are listed; the rest is counted. */
const mostListed = 20;
const mostBiggest = 5;

/** In the order of the page. */
const kinds = ["features", "fixes", "performance", "documentation", "tests", "maintenance", "other"] as const;
export type Kind = (typeof kinds)[number];

interface Class {
  kind: Kind;
  /** The scope that the author gave, or the directory with the most changed lines. */
  area: string | null;
  breaking: boolean;
  /** The subject without its prefix. */
  text: string;
}

/** One commit. */
export interface Change {
  id: string;
  text: string;
  area?: string;
  author: string;
  lines: number;
}

/** The notes as data. */
export type Summary = ReturnType<typeof summarize>;

/** The notes as data, in the order of their JSON. What is undefined is left out there. */
export function summarize(history: History) {
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

function change(commit: GetCommitResult, { text, area }: Class): Change {
  return {
    id: commit.id.slice(0, 8),
    text,
    area: area ?? undefined,
    author: commit.author,
    lines: commit.added + commit.deleted,
  };
}

/** Believes Conventional Commits where they are used, and looks at the files and the words where not. */
export function classify(commit: GetCommitResult): Class {
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

function areasOf(commits: GetCommitResult[]) {
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
function contributorsOf(commits: GetCommitResult[]) {
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

const sum = (commits: GetCommitResult[], of: (commit: GetCommitResult) => number) =>
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
