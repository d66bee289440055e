#!/usr/bin/env mcp-host run
export default 1 as number;
