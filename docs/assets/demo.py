#!/usr/bin/env python3
"""Records `demo.svg`: runs commands of the built programs and draws their output as an animated terminal.

Every line of the picture is the output of a command of this run. Nothing is typed in by hand.

    python3 docs/assets/demo.py --programs target/release --server target/release/git-history-server \
        --skill examples/release-notes/target/wasm32-wasip2/release/release_notes.wasm

Uses the Python standard library only. `--commands FILE` runs other commands, one per line.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import json
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]

COMMANDS = [
    "mcp-codegen wit git-history | grep func",
    "mcp-host inspect release-notes.wasm | grep -A 4 '^It may'",
    "mcp-host run release-notes.wasm | sed '/^-/d; /^$/d' | head -n 14",
    "mcp-host run release-notes.wasm --max-calls 5",
]

COLUMNS, ROWS = 126, 30
CHAR, LINE, PAD, BAR = 8.43, 19, 16, 40
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
TYPING, PAUSE, READ_LINE, READ_LEAST, END = 0.022, 0.35, 0.16, 1.4, 3.5


def run(command, directory, programs):
    """The lines that one command writes to stdout and stderr, in their order."""
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(directory),
        "XDG_CACHE_HOME": str(directory / "cache"),
        "XDG_STATE_HOME": str(directory / "state"),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        ["sh", "-c", command], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False,
    )
    return done.stdout.decode("utf-8", "replace").splitlines()


def wrap(lines):
    """What a terminal of `COLUMNS` columns shows of these lines."""
    rows = []
    for line in lines:
        rows += [line[at:at + COLUMNS] for at in range(0, len(line), COLUMNS)] or [""]
    return rows


def kind(row):
    for start, name in (("error:", "e"), ("hint:", "h"), ("# ", "b"), ("## ", "b"), ("It may", "b")):
        if row.startswith(start):
            return name
    if row.startswith("finished in") or row.startswith("budget exhausted"):
        return "o"
    return "d" if " INFO " in row else "t"


def scenes(recorded):
    """Screens of at most `ROWS` rows: each is a list of commands with their rows, and never splits one."""
    screens, used = [[]], 0
    for command, rows in recorded:
        needs = len(rows) + 2
        if needs > ROWS:
            sys.exit(f"error: `{command}` writes {len(rows)} rows; a screen has {ROWS - 2}")
        if used + needs > ROWS:
            screens.append([])
            used = 0
        screens[-1].append((command, rows))
        used += needs
    return screens


def draw(screens):
    """The SVG. Without animation it shows the last screen."""
    marks, now = [], 0.6
    for screen in screens:
        begin = now
        commands = []
        for command, rows in screen:
            typed = now + len(command) * TYPING
            out = typed + PAUSE
            commands.append((now, typed, out, command, rows))
            now = out + max(READ_LEAST, len(rows) * READ_LINE)
        marks.append((begin, commands))
        now += 0.8
    total = now + END

    width, height = COLUMNS * CHAR + 2 * PAD, ROWS * LINE + BAR + PAD
    percent = lambda at: f"{100 * min(at, total) / total:.3f}%"
    style, body = [], []
    for number, (begin, commands) in enumerate(marks):
        last = number == len(marks) - 1
        end = total if last else marks[number + 1][0]
        style.append(f"@keyframes s{number}{{0%,{percent(begin if number else 0)}"
                     f"{{visibility:{'visible' if not number else 'hidden'}}}"
                     f"{percent((begin if number else 0) + 0.001)},{percent(end)}{{visibility:visible}}"
                     + ("" if last else f"{percent(end + 0.001)},100%{{visibility:hidden}}") + "}")
        hidden = "" if last else ' visibility="hidden"'
        body.append(f'<g{hidden} style="animation:s{number} {total:.1f}s step-end infinite">')
        row = 0
        for index, (start, typed, out, command, rows) in enumerate(commands):
            name, y = f"{number}_{index}", BAR + PAD + row * LINE
            style.append(f"@keyframes p{name}{{0%{{opacity:0}}{percent(start)},100%{{opacity:1}}}}")
            style.append(f"@keyframes c{name}{{0%,{percent(start)}{{clip-path:inset(0 100% 0 0);"
                         f"animation-timing-function:steps({len(command)},end)}}"
                         f"{percent(typed)},100%{{clip-path:inset(0 0 0 0)}}}}")
            style.append(f"@keyframes o{name}{{0%{{opacity:0}}{percent(out)},100%{{opacity:1}}}}")
            body.append(f'<text x="{PAD}" y="{y}" class="g" style="animation:p{name} {total:.1f}s step-end infinite">$</text>')
            body.append(f'<text x="{PAD + 2 * CHAR:.1f}" y="{y}" class="w" textLength="{len(command) * CHAR:.1f}" '
                        f'style="animation:c{name} {total:.1f}s infinite">{escape(command)}</text>')
            body.append(f'<g style="animation:o{name} {total:.1f}s step-end infinite">')
            for text in rows:
                row += 1
                if text.strip():
                    body.append(f'<text x="{PAD}" y="{BAR + PAD + row * LINE}" class="{kind(text)}" '
                                f'textLength="{len(text) * CHAR:.1f}">{escape(text)}</text>')
            body.append("</g>")
            row += 2
        body.append("</g>")
    dots = "".join(f'<circle cx="{PAD + 6 + 20 * i}" cy="17" r="6" fill="{c}"/>'
                   for i, c in enumerate(("#ff5f57", "#febc2e", "#28c840")))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" \
height="{height:.0f}" role="img" aria-label="Terminal recording of mcp-codegen and mcp-host">
<!-- Made by docs/assets/demo.py; the text is the output of the programs. -->
<style>
text{{font:14px {FONT};white-space:pre;fill:#c9d1d9}}
.g{{fill:#3fb950}}.w{{fill:#f0f6fc;font-weight:600}}.d{{fill:#8b949e}}.e{{fill:#ff7b72}}.h{{fill:#79c0ff}}.b{{fill:#f0f6fc;font-weight:600}}.o{{fill:#3fb950}}
{chr(10).join(style)}
@media (prefers-reduced-motion: reduce){{*{{animation:none!important}}}}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>{dots}
{chr(10).join(body)}
</svg>
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=Path, required=True, help="directory with mcp-host and mcp-codegen")
    parser.add_argument("--server", type=Path, required=True, help="the built git-history-server")
    parser.add_argument("--skill", type=Path, required=True, help="the component of examples/release-notes")
    parser.add_argument("--repo", type=Path, default=ROOT, help="the git repository that the skill reads")
    parser.add_argument("--commands", type=Path, help="a file with the commands, one per line")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".svg"))
    args = parser.parse_args()

    commands = args.commands.read_text().splitlines() if args.commands else COMMANDS
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copy(args.skill, directory / "release-notes.wasm")
        server = {"command": str(args.server.resolve()), "args": ["--repo", str(args.repo.resolve())]}
        (directory / "mcp.json").write_text(json.dumps({"mcpServers": {"git-history": server}}))
        programs = args.programs.resolve()
        # The component is compiled now, so that the recording shows a warm run.
        subprocess.run([programs / "mcp-host", "compile", "release-notes.wasm"], cwd=directory, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "XDG_CACHE_HOME": str(directory / "cache"),
                            "XDG_STATE_HOME": str(directory / "state")})
        recorded = [(command, wrap(run(command, directory, programs))) for command in commands]
    args.out.write_text(draw(scenes(recorded)))
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
