// Understands, counts and sorts commits, and writes a page of Markdown. Everything is sorted, so the same history
// gives the same notes.
/** The most changes of one kind, contributors and directories that are listed; the rest is counted. */
const mostListed = 20;
const mostBiggest = 5;
/** In the order of the page. */
const kinds = ["Features", "Fixes", "Performance", "Documentation", "Tests", "Maintenance", "Other changes"];
export function page(history, title) {
  const { commits } = history;
  const changes = commits.map((commit) => ({
    ...classify(commit),
    id: commit.id.slice(0, 8),
    author: commit.author,
    lines: commit.added + commit.deleted,
  }));
  const contributors = contributorsOf(commits);
  const days = commits.map((commit) => commit.date.slice(0, 10)).sort();
  const files = new Set(commits.flatMap((commit) => commit.files.map((file) => file.path)));
  const range = history.from === null ? "All changes up to" : `Changes from \`${history.from}\` to`;
  const when = days.length === 0 ? "" : `, ${days[0]} to ${days[days.length - 1]}`;
  const totals = [
    `${count(commits.length, "commit")} by ${count(contributors.length, "contributor")}`,
    count(files.size, "file"),
    `${count(
      sum(commits, (commit) => commit.added),
      "line",
    )} added and ${sum(commits, (commit) => commit.deleted)} deleted.`,
  ];
  const lines = [`# ${title}`, "", `${range} \`${history.to}\`${when}: ${totals.join(", ")}`];
  if (history.truncated) lines.push("", "The range has more commits; these are the newest.");
  const section = (heading, body) => {
    if (body.length > 0) lines.push("", `## ${heading}`, "", ...body);
  };
  section("Breaking changes", changes.filter((change) => change.breaking).map(line));
  for (const kind of kinds) {
    const all = changes.filter((change) => change.kind === kind);
    const more = all.length - mostListed;
    section(kind, [...all.slice(0, mostListed).map(line), ...(more > 0 ? [`- and ${more} more`] : [])]);
  }
  const biggest = changes.filter((change) => change.lines > 0);
  biggest.sort((a, b) => b.lines - a.lines || compare(a.id, b.id));
  section(
    "Biggest changes",
    biggest
      .slice(0, mostBiggest)
      .map((change) => `- ${count(change.lines, "line")}: ${change.text} (\`${change.id}\`)`),
  );
  const areas = areasOf(commits).map((area) => `| \`${area.name}\` | ${area.commits} | ${area.lines} |`);
  if (areas.length > 0) section("Where", ["| Directory | Commits | Lines |", "|---|---:|---:|", ...areas]);
  section(
    "Contributors",
    contributors.slice(0, mostListed).map(({ name, commits }) => `- ${name} (${count(commits, "commit")})`),
  );
  return `${lines.join("\n")}\n`;
}

function line({ area, text, id, author }) {
  return `- ${area === null ? "" : `**${area}**: `}${text} (\`${id}\`, ${author})`;
}

/** Believes Conventional Commits where they are used, and looks at the files and the words where not. */
export function classify(commit) {
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
  Features: "feat feature",
  Fixes: "fix",
  Performance: "perf",
  Documentation: "docs doc",
  Tests: "test tests",
  Maintenance: "build chore ci deps refactor style",
  "Other changes": "revert",
});

const kindOfFirstWord = byWord({
  Features: "add adds added allow implement introduce support",
  Fixes: "correct fix fixes fixed handle prevent",
  Performance: "optimise optimize speed",
  Documentation: "document",
  Tests: "test",
  Maintenance: "bump clean move refactor release rename update upgrade",
});

function byWord(words) {
  const pairs = kinds.flatMap((kind) => (words[kind]?.split(" ") ?? []).map((word) => [word, kind]));
  return Object.assign(Object.create(null), Object.fromEntries(pairs));
}

function kindByFiles(files) {
  const all = (holds) => files.length > 0 && files.every((file) => holds(file.path));
  if (all((path) => path.endsWith(".md") || path.startsWith("docs/"))) return "Documentation";
  if (all((path) => path.split("/").some((part) => part === "test" || part === "tests"))) return "Tests";
  return null;
}

function kindByWords(subject) {
  const [first = ""] = subject.trim().split(/\s+/);
  return kindOfFirstWord[lower(first)] ?? "Other changes";
}

/** The top directory of a file; null for a file in the root. */
function topOf(path) {
  const slash = path.indexOf("/");
  return slash < 0 ? null : path.slice(0, slash);
}

const linesOf = (file) => (file.added ?? 0) + (file.deleted ?? 0);
/** The top directory with the most changed lines; the first in the alphabet where several have as many. */
function areaOf(files) {
  const lines = new Map();
  for (const file of files) {
    const top = topOf(file.path);
    if (top !== null) lines.set(top, (lines.get(top) ?? 0) + linesOf(file));
  }
  const [first] = [...lines].sort(([a, m], [b, n]) => n - m || compare(a, b));
  return first?.[0] ?? null;
}

function areasOf(commits) {
  const areas = new Map();
  for (const commit of commits) {
    const touched = new Set();
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
function contributorsOf(commits) {
  const byEmail = new Map();
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

const sum = (commits, of) => commits.reduce((total, commit) => total + of(commit), 0);
const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
/** ASCII only, as commit prefixes and host names are. */
const lower = (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
/** By code point, which is the order of UTF-8 too; `<` compares UTF-16. */
function compare(a, b) {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
