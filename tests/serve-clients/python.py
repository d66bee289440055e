"""An agent on the official Python SDK. It connects to `mcp-host serve`, does what an agent does, and prints one JSON
result.

    python python.py PLAN

The plan is JSON: `version`, `target` (`command` and `args`, or `url`), `queries`, `names`, `code`, `slow`. Each
query comes with the beginning of its best hit.
"""

import json
import os
import sys

import anyio
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

plan = json.loads(sys.argv[1])


def target():
    if "url" in plan["target"]:
        return plan["target"]["url"]
    return StdioServerParameters(
        command=plan["target"]["command"], args=plan["target"]["args"], env=dict(os.environ)
    )


async def asked(client, name, arguments):
    result = await client.call_tool(name, arguments)
    if len(result.content) != 1 or result.content[0].type != "text":
        raise ValueError(result)
    return {"text": result.content[0].text, "isError": bool(result.is_error)}


async def search(client):
    """Servers start beside the session: a search finds their tools when they are up."""
    found = []
    with anyio.fail_after(60):
        for query, hit in plan["queries"]:
            while not (answer := await asked(client, "search_tools", {"query": query}))["text"].startswith(hit):
                await anyio.sleep(0.1)
            found.append(answer)
    return found


async def main():
    mode = "legacy" if plan["version"] == "2025-11-25" else "auto"
    async with Client(target(), mode=mode) as client:
        listed = await client.list_tools()
        answered = {
            "protocol": client.protocol_version,
            "server": client.server_info.name if client.server_info else None,
            "instructions": client.instructions,
            "tools": [tool.name for tool in listed.tools],
            "search": await search(client),
            "describe": await asked(client, "describe_tools", {"names": plan["names"]}),
            "script": await asked(client, "run_script", {"code": plan["code"]}),
        }
        # Cancelled while a server works for it: with one slot, the next script shows that the run is over.
        with anyio.move_on_after(1) as scope:
            answered["cancelled"] = await asked(client, "run_script", {"code": plan["slow"]})
        if scope.cancelled_caught:
            answered["cancelled"] = "cancelled"
        answered["after"] = await asked(client, "run_script", {"code": "export default 'after';"})
    print(json.dumps(answered))


anyio.run(main)
