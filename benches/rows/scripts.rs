//! The rows of scripts, of `serve`, and of its search.

use super::Against::{Bench, Itself, Published};
use super::{Row, optional, row};

pub(crate) const SCRIPTS: [Row; 23] = [
    row(
        "process/script",
        "whole process `mcp-host run` of an empty script",
        Bench("process/bare"),
    ),
    row(
        "process/script-call",
        "whole process `mcp-host run` of a script, one call to a server that starts at once",
        Bench("process/call-bare"),
    ),
    optional(
        "process/call-typescript",
        "whole process around a bare client of the official TypeScript SDK, the same call",
        Bench("process/call-bare"),
    ),
    row(
        "scripts/empty",
        "one run of an empty script, pooling allocator",
        Itself,
    ),
    row(
        "scripts/two-calls",
        "one run of a script with two tool calls",
        Bench("scripts/empty"),
    ),
    row(
        "scripts/fifty-calls",
        "one run of a script with 50 calls at once, each of which takes 100 ms (ideal: 100 ms)",
        Published(100e6),
    ),
    row(
        "scripts/read-100-lines",
        "a script of 100 lines, from its text to its manifest and its JavaScript",
        Itself,
    ),
    row(
        "scripts/json/script",
        "0.8 MB of JSON in a script: write, parse, filter, map, sort",
        Bench("scripts/json/native"),
    ),
    row(
        "scripts/json/native",
        "the same in QuickJS-ng compiled for this machine, without sandbox and limits",
        Itself,
    ),
    row(
        "scripts/calls/script",
        "1,000 sequential tool calls from a script to a server process",
        Bench("scripts/calls/skill"),
    ),
    row(
        "scripts/calls/skill",
        "the same calls from a typed skill in Rust",
        Itself,
    ),
    row(
        "approvals/calls/allowed",
        "1,000 calls from a script to a server that answers at once, each allowed by a rule on its arguments",
        Bench("approvals/calls/free"),
    ),
    row("approvals/calls/free", "the same without policy", Itself),
    row(
        "approvals/ledger/with",
        "1,000 sequential tool calls from a script to a server process, in a run with a ledger",
        Bench("approvals/ledger/without"),
    ),
    row(
        "approvals/ledger/without",
        "the same without a ledger",
        Itself,
    ),
    row(
        "approvals/resume",
        "resume of a run with 1,000 recorded calls, to the result",
        Itself,
    ),
    row(
        "serve/tools-list",
        "`mcp-host serve` with 20 servers, from its start to the answer of `tools/list`",
        Itself,
    ),
    row(
        "serve/first-script",
        "the same, to the result of the first script, with one call to a server that starts at once",
        Bench("serve/tools-list"),
    ),
    row(
        "serve/calls/script",
        "1,000 sequential tool calls from a script through `mcp-host serve`",
        Bench("serve/calls/bare"),
    ),
    row(
        "serve/calls/bare",
        "the same calls from a bare rmcp client",
        Itself,
    ),
    row(
        "search/index/5000",
        "index of 5,000 tools for `search_tools`",
        Itself,
    ),
    row(
        "search/short",
        "a search of five words in it",
        Bench("search/index/5000"),
    ),
    row(
        "search/long",
        "a search of 36 words in it",
        Bench("search/index/5000"),
    ),
];
