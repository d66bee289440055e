"""Understands, counts and sorts commits. Everything is sorted, so the same history gives the same notes."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from history import History
from wit_world.imports import mcp_server_git_history_tools as git

MOST_LISTED = 20
"""The most changes of one kind, contributors and directories that are listed; the rest is counted."""
MOST_BIGGEST = 5

KINDS = ["features", "fixes", "performance", "documentation", "tests", "maintenance", "other"]
"""In the order of the page."""

KIND_OF_PREFIX = {
    word: kind
    for kind, words in [
        ("features", "feat feature"),
        ("fixes", "fix"),
        ("performance", "perf"),
        ("documentation", "docs doc"),
        ("tests", "test tests"),
        ("maintenance", "build chore ci deps refactor style"),
        ("other", "revert"),
    ]
    for word in words.split()
}

KIND_OF_FIRST_WORD = {
    word: kind
    for kind, words in [
        ("features", "add adds added allow implement introduce support"),
        ("fixes", "correct fix fixes fixed handle prevent"),
        ("performance", "optimise optimize speed"),
        ("documentation", "document"),
        ("tests", "test"),
        ("maintenance", "bump clean move refactor release rename update upgrade"),
    ]
    for word in words.split()
}


@dataclass
class Class:
    kind: str
    area: str | None
    """The scope that the author gave, or the directory with the most changed lines."""
    breaking: bool
    text: str
    """The subject without its prefix."""


def summarize(history: History) -> dict[str, Any]:
    """The notes as data, in the order of their JSON."""
    commits = history.commits
    classified = [(classify(commit), commit) for commit in commits]
    changes = [(found, change(found, commit)) for found, commit in classified]
    sections = []
    for kind in KINDS:
        every = [listed for found, listed in changes if found.kind == kind]
        if every:
            sections.append({"kind": kind, "changes": every[:MOST_LISTED], "more": max(0, len(every) - MOST_LISTED)})
    biggest = sorted(
        (listed for _, listed in changes if listed["lines"]), key=lambda listed: (-listed["lines"], listed["id"])
    )
    contributors = contributors_of(commits)
    days = sorted(commit.date[:10] for commit in commits)
    return {
        "range": given(
            {
                "from": history.start,
                "to": history.end,
                "firstDay": days[0] if days else None,
                "lastDay": days[-1] if days else None,
                "truncated": history.truncated,
            }
        ),
        "totals": {
            "commits": len(commits),
            "merges": history.merges,
            "contributors": len(contributors),
            "files": len({file.path for commit in commits for file in commit.files}),
            "linesAdded": sum(commit.added for commit in commits),
            "linesDeleted": sum(commit.deleted for commit in commits),
        },
        "details": {
            "breaking": [listed for found, listed in changes if found.breaking],
            "sections": sections,
            "biggest": biggest[:MOST_BIGGEST],
            "areas": areas_of(commits),
            "contributors": contributors[:MOST_LISTED],
        },
    }


def change(found: Class, commit: git.GetCommitResult) -> dict[str, Any]:
    return given(
        {
            "id": commit.id[:8],
            "text": found.text,
            "area": found.area,
            "author": commit.author,
            "lines": commit.added + commit.deleted,
        }
    )


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """Those that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def classify(commit: git.GetCommitResult) -> Class:
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
    return Class(kind, area, breaking, text)


def kind_by_files(files: list[git.ChangedFile]) -> str | None:
    paths = [file.path for file in files]
    if paths and all(path.endswith(".md") or path.startswith("docs/") for path in paths):
        return "documentation"
    if paths and all({"test", "tests"} & set(path.split("/")) for path in paths):
        return "tests"
    return None


def kind_by_words(subject: str) -> str:
    words = subject.split(maxsplit=1)
    return KIND_OF_FIRST_WORD.get(lower(words[0]), "other") if words else "other"


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


def areas_of(commits: list[git.GetCommitResult]) -> list[dict[str, Any]]:
    touched: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for commit in commits:
        tops = [(top_of(file.path), file) for file in commit.files]
        touched.update({top for top, _ in tops if top is not None})
        for top, file in tops:
            if top is not None:
                lines[top] += lines_of(file)
    names = sorted(touched, key=lambda name: (-lines[name], name))
    return [{"name": name, "commits": touched[name], "lines": lines[name]} for name in names[:MOST_LISTED]]


def contributors_of(commits: list[git.GetCommitResult]) -> list[dict[str, Any]]:
    """By e-mail address, which changes less often than the name; called as in the newest commit."""
    names: dict[str, str] = {}
    many: Counter[str] = Counter()
    for commit in commits:
        email = lower(commit.email)
        names.setdefault(email, commit.author)
        many[email] += 1
    emails = sorted(names, key=lambda email: (-many[email], names[email], email))
    return [{"name": names[email], "commits": many[email]} for email in emails]


def lower(text: str) -> str:
    """ASCII only, as commit prefixes and host names are."""
    return text.encode().lower().decode()
