"""Understands, counts and sorts commits, and writes a page of Markdown.

Everything is sorted, so the same history gives the same notes.
"""

import re
from collections import Counter
from dataclasses import dataclass

from history import History
from wit_world.imports import mcp_server_git_history_tools as git

MOST_LISTED = 20
"""The most changes of one kind, contributors and directories that are listed; the rest is counted."""
MOST_BIGGEST = 5

KINDS = ["Features", "Fixes", "Performance", "Documentation", "Tests", "Maintenance", "Other changes"]
"""In the order of the page."""

KIND_OF_PREFIX = {
    word: kind
    for kind, words in [
        ("Features", "feat feature"),
        ("Fixes", "fix"),
        ("Performance", "perf"),
        ("Documentation", "docs doc"),
        ("Tests", "test tests"),
        ("Maintenance", "build chore ci deps refactor style"),
        ("Other changes", "revert"),
    ]
    for word in words.split()
}

KIND_OF_FIRST_WORD = {
    word: kind
    for kind, words in [
        ("Features", "add adds added allow implement introduce support"),
        ("Fixes", "correct fix fixes fixed handle prevent"),
        ("Performance", "optimise optimize speed"),
        ("Documentation", "document"),
        ("Tests", "test"),
        ("Maintenance", "bump clean move refactor release rename update upgrade"),
    ]
    for word in words.split()
}


@dataclass
class Change:
    id: str
    kind: str
    area: str | None
    """The scope that the author gave, or the directory with the most changed lines."""
    breaking: bool
    text: str
    """The subject without its prefix."""
    author: str
    lines: int

    def line(self) -> str:
        area = "" if self.area is None else f"**{self.area}**: "
        return f"- {area}{self.text} (`{self.id}`, {self.author})"


def page(history: History, title: str) -> str:
    commits = history.commits
    changes = [classify(commit) for commit in commits]
    contributors = contributors_of(commits)
    days = sorted(commit.date[:10] for commit in commits)
    files = {file.path for commit in commits for file in commit.files}

    start = "All changes up to" if history.start is None else f"Changes from `{history.start}` to"
    when = f", {days[0]} to {days[-1]}" if days else ""
    added, deleted = sum(commit.added for commit in commits), sum(commit.deleted for commit in commits)
    out = [
        f"# {title}",
        "",
        f"{start} `{history.end}`{when}: {count(len(commits), 'commit')} by "
        f"{count(len(contributors), 'contributor')}, {count(len(files), 'file')}, "
        f"{count(added, 'line')} added and {deleted} deleted.",
    ]
    if history.truncated:
        out += ["", "The range has more commits; these are the newest."]

    def section(heading: str, body: list[str]) -> None:
        if body:
            out.extend(["", f"## {heading}", "", *body])

    section("Breaking changes", [change.line() for change in changes if change.breaking])
    for kind in KINDS:
        lines = [change.line() for change in changes if change.kind == kind]
        more = len(lines) - MOST_LISTED
        section(kind, lines[:MOST_LISTED] + ([f"- and {more} more"] if more > 0 else []))
    biggest = sorted((change for change in changes if change.lines), key=lambda change: (-change.lines, change.id))
    section(
        "Biggest changes",
        [f"- {count(change.lines, 'line')}: {change.text} (`{change.id}`)" for change in biggest[:MOST_BIGGEST]],
    )
    areas = [f"| `{name}` | {touched} | {lines} |" for name, touched, lines in areas_of(commits)]
    if areas:
        section("Where", ["| Directory | Commits | Lines |", "|---|---:|---:|", *areas])
    section("Contributors", [f"- {name} ({count(many, 'commit')})" for name, many in contributors[:MOST_LISTED]])
    return "\n".join(out) + "\n"


def classify(commit: git.GetCommitResult) -> Change:
    """Believes Conventional Commits where they are used, and looks at the files and the words where not."""
    breaking = any(line.startswith("BREAKING CHANGE:") for line in commit.body.split("\n"))
    prefix, colon, text = commit.subject.partition(": ")
    parsed = re.fullmatch(r"([^()]*?)(?:\((.*)\))?(!?)", prefix, re.DOTALL) if colon else None
    kind = KIND_OF_PREFIX.get(lower(parsed[1])) if parsed else None
    if parsed and kind:
        area = area_of(commit.files) if parsed[2] is None else parsed[2]
        breaking = breaking or parsed[3] == "!"
        text = text.strip()
    else:
        kind = kind_by_files(commit.files) or kind_by_words(commit.subject)
        area = area_of(commit.files)
        text = commit.subject
    return Change(commit.id[:8], kind, area, breaking, text, commit.author, commit.added + commit.deleted)


def kind_by_files(files: list[git.ChangedFile]) -> str | None:
    paths = [file.path for file in files]
    if paths and all(path.endswith(".md") or path.startswith("docs/") for path in paths):
        return "Documentation"
    if paths and all({"test", "tests"} & set(path.split("/")) for path in paths):
        return "Tests"
    return None


def kind_by_words(subject: str) -> str:
    words = subject.split(maxsplit=1)
    return KIND_OF_FIRST_WORD.get(lower(words[0]), "Other changes") if words else "Other changes"


def top_of(path: str) -> str | None:
    """The top directory of a file; none for a file in the root."""
    top, slash, _ = path.partition("/")
    return top if slash else None


def lines_of(file: git.ChangedFile) -> int:
    return (file.added or 0) + (file.deleted or 0)


def area_of(files: list[git.ChangedFile]) -> str | None:
    """The top directory with the most changed lines; the first in the alphabet where several have as many."""
    lines: Counter[str] = Counter()
    for file in files:
        if (top := top_of(file.path)) is not None:
            lines[top] += lines_of(file)
    return min(lines, key=lambda area: (-lines[area], area), default=None)


def areas_of(commits: list[git.GetCommitResult]) -> list[tuple[str, int, int]]:
    touched: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for commit in commits:
        tops = [(top_of(file.path), file) for file in commit.files]
        touched.update({top for top, _ in tops if top is not None})
        for top, file in tops:
            if top is not None:
                lines[top] += lines_of(file)
    names = sorted(touched, key=lambda name: (-lines[name], name))
    return [(name, touched[name], lines[name]) for name in names[:MOST_LISTED]]


def contributors_of(commits: list[git.GetCommitResult]) -> list[tuple[str, int]]:
    """By e-mail address, which changes less often than the name; called as in the newest commit."""
    names: dict[str, str] = {}
    many: Counter[str] = Counter()
    for commit in commits:
        email = lower(commit.email)
        names.setdefault(email, commit.author)
        many[email] += 1
    emails = sorted(names, key=lambda email: (-many[email], names[email], email))
    return [(names[email], many[email]) for email in emails]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def lower(text: str) -> str:
    """ASCII only, as commit prefixes and host names are."""
    return text.encode().lower().decode()
