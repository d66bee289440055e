"""Writes the notes as a page of Markdown."""

from typing import Any

HEADINGS = {"other": "Other changes"}
"""Of the kinds whose heading is not their name."""


def page(summary: dict[str, Any], title: str) -> str:
    reach, totals, details = summary["range"], summary["totals"], summary["details"]
    start = f"Changes from `{reach['from']}` to" if "from" in reach else "All changes up to"
    when = f", {reach['firstDay']} to {reach['lastDay']}" if "firstDay" in reach else ""
    out = [
        f"# {title}",
        "",
        f"{start} `{reach['to']}`{when}: {count(totals['commits'], 'commit')} by "
        f"{count(totals['contributors'], 'contributor')}, {count(totals['files'], 'file')}, "
        f"{count(totals['linesAdded'], 'line')} added and {totals['linesDeleted']} deleted.",
    ]
    if reach["truncated"]:
        out += ["", "The range has more commits; these are the newest."]

    def section(heading: str, body: list[str]) -> None:
        if body:
            out.extend(["", f"## {heading}", "", *body])

    section("Breaking changes", [line(change) for change in details["breaking"]])
    for found in details["sections"]:
        heading = HEADINGS.get(found["kind"], found["kind"].capitalize())
        more = [f"- and {found['more']} more"] if found["more"] else []
        section(heading, [line(change) for change in found["changes"]] + more)
    section(
        "Biggest changes",
        [f"- {count(change['lines'], 'line')}: {change['text']} (`{change['id']}`)" for change in details["biggest"]],
    )
    areas = [f"| `{area['name']}` | {area['commits']} | {area['lines']} |" for area in details["areas"]]
    if areas:
        section("Where", ["| Directory | Commits | Lines |", "|---|---:|---:|", *areas])
    section("Contributors", [f"- {one['name']} ({count(one['commits'], 'commit')})" for one in details["contributors"]])
    return "\n".join(out) + "\n"


def line(change: dict[str, Any]) -> str:
    area = f"**{change['area']}**: " if "area" in change else ""
    return f"- {area}{change['text']} (`{change['id']}`, {change['author']})"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
