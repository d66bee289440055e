// Writes the notes as a page of Markdown.
import type { Change, Kind, Summary } from "./summary.js";

const headings: Record<Kind, string> = {
  features: "Features",
  fixes: "Fixes",
  performance: "Performance",
  documentation: "Documentation",
  tests: "Tests",
  maintenance: "Maintenance",
  other: "Other changes",
};

export function page({ range, totals, details }: Summary, title: string): string {
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
