"""A server over HTTP on the official Python SDK, which speaks revision 2026-07-28 and those with a handshake."""

import sys

from mcp.server import MCPServer

server = MCPServer("dual")


@server.tool()
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


if __name__ == "__main__":
    server.run(transport="streamable-http", port=int(sys.argv[1]))
