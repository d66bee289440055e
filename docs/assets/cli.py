#!/usr/bin/env python3
"""Writes the help of every command of `mcp-host` and `mcp-codegen` into `docs/cli.md`.

    python3 docs/assets/cli.py --programs target/release            # writes what is between the markers
    python3 docs/assets/cli.py --programs target/release --check    # exit code 1 where the page differs

Uses the Python standard library only.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "cli.md"
BEGIN, END = "<!-- commands -->\n", "<!-- end of commands -->"


def help_of(program, command):
    done = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True,
                          env={"PATH": "/usr/bin:/bin", "COLUMNS": "100"})
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines())


def subcommands(text):
    section = re.search(r"^Commands:\n((?:  .*\n?)+)", text, re.MULTILINE)
    names = re.findall(r"^  ([a-z][a-z-]*)(?:  |$)", section.group(1), re.MULTILINE) if section else []
    return [name for name in names if name != "help"]


def sections(program, command=()):
    text = help_of(program, command)
    yield " ".join([program.name, *command]), text
    for name in subcommands(text):
        yield from sections(program, (*command, name))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=Path, required=True, help="directory with mcp-host and mcp-codegen")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page differs")
    args = parser.parse_args()

    parts = []
    for program in ("mcp-host", "mcp-codegen"):
        for title, text in sections((args.programs / program).resolve()):
            parts.append(f"### `{title}`\n\n```text\n{text}\n```\n")
    page = PAGE.read_text()
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    new = f"{before}{BEGIN}\n" + "\n".join(parts) + f"\n{END}{after}"
    if args.check:
        return 0 if new == page else 1
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
