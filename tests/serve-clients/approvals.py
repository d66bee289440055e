"""An agent on the official Python SDK whose script makes a call that the user decides about.

    python approvals.py PLAN

The plan and what is printed are those of `approvals.mjs`.
"""

import json
import os
import re
import subprocess
import sys

import anyio
from mcp import types
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

plan = json.loads(sys.argv[1])

# Longer than a run waits in the cells that expire, and than a client that never answers is waited for.
LATE = 1.5
PATIENCE = 4


def answer(cell, result):
    async def ask(context, params):
        result["asked"] = params.message
        if cell["kind"] == "declines":
            return types.ElicitResult(action="decline")
        if cell["kind"] == "never":
            await anyio.sleep_forever()
        if cell["decision"] == "expire":
            await anyio.sleep(LATE)
        else:
            # As long as a person takes at least: who answers faster is no person.
            await anyio.sleep(0.7)
        said = "refuse" if cell["decision"] == "deny" else "allow once"
        return types.ElicitResult(action="accept", content={"decision": said})

    return ask


def waiting():
    """The run of a call that has no answer, as the user finds it."""
    listed = subprocess.run([plan["program"], "runs", "--format", "json"], check=True, capture_output=True)
    return next(run["run"] for run in json.loads(listed.stdout) if run["standing"] in ("paused", "expired"))


async def decide(cell, run):
    if cell["decision"] == "expire":
        return await anyio.sleep(LATE)
    option = "--deny" if cell["decision"] == "deny" else "--once"
    await anyio.run_process([plan["program"], "approve", run, option])


async def once(cell):
    result = {}
    ask = None if cell["kind"] == "none" else answer(cell, result)
    target = StdioServerParameters(command=plan["program"], args=["serve", *cell["options"]], env=dict(os.environ))
    mode = "legacy" if plan["version"] == "2025-11-25" else plan["version"]
    async with Client(target, mode=mode, elicitation_callback=ask) as client:

        async def call(arguments):
            answered = await client.call_tool("run_script", arguments)
            if len(answered.content) != 1 or answered.content[0].type != "text":
                raise ValueError(answered)
            return answered.content[0].text

        # The engine is compiled, and the servers are up.
        await call({"code": "export default 1;"})
        with anyio.move_on_after(PATIENCE if cell["kind"] == "never" else 120):
            result["call"] = await call({"code": plan["code"]})
        said = result.get("call")
        if said is None or said.startswith("paused  "):
            run = re.search(r"run (r_\w{8})", said)[1] if said else waiting()
            await decide(cell, run)
            result["resume"] = await call({"resume": run})
    return result


async def main():
    results = []
    for cell in plan["cells"]:
        result = await once(cell)
        # On a busy machine the client was not fast enough to be taken for a machine.
        tries = 0
        while cell["kind"] == "declines" and "resume" not in result and tries < 5:
            result = await once(cell)
            tries += 1
        results.append(result)
    print(json.dumps(results))


anyio.run(main)
