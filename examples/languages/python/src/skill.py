"""A skill that writes release notes from the history of a git repository, as `../../release-notes` does in Rust."""

import json
from typing import Any

import history
from mcp import InvalidInput, skill
from page import page
from summary import summarize
from wit_world import WitWorld as World
from wit_world.imports import log, types

INPUT = {
    "type": "object",
    "properties": {
        "from": {"type": ["string", "null"]},
        "to": {"type": ["string", "null"]},
        "title": {"type": ["string", "null"]},
        "format": {"enum": ["markdown", "json"], "default": "markdown"},
        "maxCommits": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 400},
    },
}


@skill
def release_notes(values: dict[str, Any]) -> str | dict[str, Any]:
    most = values.get("maxCommits", 400)
    if type(most) is not int or not 1 <= most <= 65535:
        raise InvalidInput("`maxCommits` must be a whole number from 1 to 65535")
    style = values.get("format", "markdown")
    if style not in ("markdown", "json"):
        raise InvalidInput("`format` must be `markdown` or `json`")
    read = history.read(values.get("from"), values.get("to"), most)
    log.log(log.Level.INFO, "read the history", [("commits", str(len(read.commits)))])
    summary = summarize(read)
    if style == "json":
        return summary
    title = values.get("title")
    return page(summary, "Release notes" if title is None else title)


class WitWorld(World):
    def describe(self) -> types.Description:
        text = "Writes release notes from the history of a git repository."
        return types.Description("release-notes", text, json.dumps(INPUT), json.dumps({"type": ["string", "object"]}))

    def run(self, input: str) -> str:
        return release_notes(input)
