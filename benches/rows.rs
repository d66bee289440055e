//! The rows of the table, in groups of comparable benches.

mod scripts;

pub(crate) use scripts::SCRIPTS;

/// One row: a bench, its description, and its baseline.
pub(crate) struct Row {
    pub(crate) bench: &'static str,
    pub(crate) what: &'static str,
    pub(crate) against: Against,
    /// It needs something that not every machine has, and is omitted if it was not measured.
    pub(crate) optional: bool,
}

/// The contents of the last column.
pub(crate) enum Against {
    /// The baseline of others.
    Itself,
    /// The time of another bench of the same run.
    Bench(&'static str),
    /// The time of another bench plus this many nanoseconds.
    BenchAnd(&'static str, f64),
    /// A time in nanoseconds that was measured elsewhere.
    Published(f64),
}

use Against::{Bench, BenchAnd, Itself, Published};

const fn row(bench: &'static str, what: &'static str, against: Against) -> Row {
    Row {
        bench,
        what,
        against,
        optional: false,
    }
}

const fn optional(bench: &'static str, what: &'static str, against: Against) -> Row {
    Row {
        optional: true,
        ..row(bench, what, against)
    }
}

pub(crate) const ROWS: [Row; 55] = [
    row(
        "run/pooling",
        "one run, pooling allocator",
        Bench("run/bare"),
    ),
    row(
        "run/on-demand",
        "one run, on-demand allocation",
        Bench("run/bare"),
    ),
    row(
        "run/bare",
        "the same in bare Wasmtime: static bindings, a pool, no limits, no report",
        Itself,
    ),
    row(
        "guards/run/fuel",
        "one run in bare Wasmtime, with fuel",
        Bench("guards/run/none"),
    ),
    row("guards/run/epoch", "with epochs", Bench("guards/run/none")),
    row(
        "guards/run/limiter",
        "with a limiter of memories and tables",
        Bench("guards/run/none"),
    ),
    row(
        "guards/run/host",
        "with fuel, yields and a limiter, as in the host",
        Bench("guards/run/none"),
    ),
    row(
        "guards/run/all",
        "with fuel, epochs and a limiter",
        Bench("guards/run/none"),
    ),
    row("guards/run/none", "with none", Itself),
    row(
        "guards/work/fuel",
        "1,000,000 iterations of a small loop, with fuel",
        Bench("guards/work/none"),
    ),
    row(
        "guards/work/epoch",
        "with epochs",
        Bench("guards/work/none"),
    ),
    row(
        "guards/work/limiter",
        "with a limiter of memories and tables",
        Bench("guards/work/none"),
    ),
    row(
        "guards/work/host",
        "with fuel, yields and a limiter, as in the host",
        Bench("guards/work/none"),
    ),
    row(
        "guards/work/all",
        "with fuel, epochs and a limiter",
        Bench("guards/work/none"),
    ),
    row("guards/work/none", "with none", Itself),
    row(
        "concurrent/waiting",
        "1,000 concurrent runs, each waiting 50 ms in a tool call (ideal: row below + 50 ms)",
        BenchAnd("concurrent/instant", 50e6),
    ),
    row(
        "concurrent/instant",
        "1,000 concurrent runs, whose tools answer at once",
        Itself,
    ),
    row(
        "bridge/sequential/skill",
        "10,000 sequential tool calls from a skill to a server process",
        Bench("bridge/sequential/bare"),
    ),
    row(
        "bridge/sequential/bare",
        "the same calls from a bare rmcp client",
        Itself,
    ),
    row(
        "bridge/in-flight/skill",
        "10,000 tool calls from a skill, 64 in flight",
        Bench("bridge/in-flight/bare"),
    ),
    row(
        "bridge/in-flight/bare",
        "the same calls from a bare rmcp client",
        Itself,
    ),
    row(
        "load/compile",
        "load a skill: compile it",
        Bench("load/cached"),
    ),
    row(
        "load/cached",
        "load a skill: verify and load its compiled form",
        Itself,
    ),
    row(
        "process/cold",
        "whole process `mcp-host run`, empty cache",
        Bench("process/bare"),
    ),
    row(
        "process/warm",
        "whole process `mcp-host run`, warm cache",
        Bench("process/bare"),
    ),
    row(
        "process/bare",
        "whole process around bare Wasmtime with its own cache, warm",
        Itself,
    ),
    optional(
        "process/program",
        "whole process `mcp-host run` of an ordinary program, warm cache",
        Bench("process/wasmtime"),
    ),
    optional(
        "process/wasmtime",
        "whole process `wasmtime run -C cache` of the same program, warm",
        Itself,
    ),
    row(
        "process/call",
        "whole process `mcp-host run`, one typed call to a server that starts at once",
        Bench("process/call-bare"),
    ),
    row(
        "process/call-bare",
        "whole process around a bare rmcp client: start, list and call the same server",
        Itself,
    ),
    row(
        "process/true",
        "whole process `true` (cost of a process start)",
        Bench("process/bare"),
    ),
    row(
        "link/250-tools",
        "text of `tools/list`, 250 tools, to a linked skill that imports one of them",
        Itself,
    ),
    row(
        "link/250-tools-with-start",
        "the same, with the start of the server and the pipe",
        Bench("link/250-tools"),
    ),
    row(
        "codegen/render/10",
        "schemas of 10 tools to WIT (predecessor: 0.19 ms)",
        Published(0.19e6),
    ),
    row(
        "codegen/render/50",
        "of 50 tools (predecessor: 0.97 ms)",
        Published(0.97e6),
    ),
    row(
        "codegen/render/100",
        "of 100 tools (predecessor: 1.96 ms)",
        Published(1.96e6),
    ),
    row(
        "codegen/render/1000",
        "schemas of 1,000 tools to WIT (predecessor, as published: 22.8 ms)",
        Published(22.8e6),
    ),
    row(
        "codegen/render/10000",
        "of 10,000 tools",
        Bench("codegen/render/1000"),
    ),
    row(
        "codegen/text/1000",
        "of 1,000 tools, from the JSON text of `tools/list`",
        Bench("codegen/render/1000"),
    ),
    row(
        "codegen/package/1000",
        "of 1,000 tools, with `wit-parser`'s check of the result",
        Bench("codegen/render/1000"),
    ),
    row(
        "codec/small/guest-to-json",
        "small arguments (11 properties), guest values to JSON",
        Bench("codec/small/serde_json-parse"),
    ),
    row(
        "codec/small/json-to-guest",
        "JSON to guest values",
        Bench("codec/small/serde_json-parse"),
    ),
    row(
        "codec/small/serde_json-write",
        "`serde_json` writing the same bytes",
        Bench("codec/small/serde_json-parse"),
    ),
    row(
        "codec/small/serde_json-parse",
        "`serde_json` parsing the same bytes",
        Itself,
    ),
    row(
        "codec/large/guest-to-json",
        "large arguments (1,000 points and labels), guest values to JSON",
        Bench("codec/large/serde_json-parse"),
    ),
    row(
        "codec/large/json-to-guest",
        "JSON to guest values",
        Bench("codec/large/serde_json-parse"),
    ),
    row(
        "codec/large/serde_json-write",
        "`serde_json` writing the same bytes",
        Bench("codec/large/serde_json-parse"),
    ),
    row(
        "codec/large/serde_json-parse",
        "`serde_json` parsing the same bytes",
        Itself,
    ),
    row(
        "response_cache/hit",
        "tool call answered from the response cache: key, look-up and copy",
        Itself,
    ),
    optional(
        "records/guest",
        "10 MB of records from a server's text to a guest's value",
        Bench("records/tree"),
    ),
    optional(
        "records/tree",
        "the same text to a tree of `serde_json`",
        Itself,
    ),
    optional(
        "pins/with",
        "connecting a server of 2,000 pinned tools, one of which is used",
        Bench("pins/without"),
    ),
    optional("pins/without", "the same without pins", Itself),
    optional(
        "at-once/thousand",
        "1,000 calls of one async skill at once, whose tool takes 50 ms",
        Bench("at-once/one"),
    ),
    optional("at-once/one", "one such call", Itself),
];

/// A row of the README: a bench of [`ROWS`] in a few words, and its baseline.
pub(crate) struct Short {
    pub(crate) bench: &'static str,
    pub(crate) what: &'static str,
    pub(crate) with: &'static str,
}

pub(crate) const README: [Short; 4] = [
    Short {
        bench: "run/pooling",
        what: "one run, pooling allocator",
        with: "bare Wasmtime: static bindings, a pool, no limits, no report",
    },
    Short {
        bench: "process/warm",
        what: "whole process `mcp-host run`, warm cache",
        with: "a process around bare Wasmtime with its own cache, warm",
    },
    Short {
        bench: "bridge/sequential/skill",
        what: "10,000 sequential tool calls to a server process",
        with: "the same calls from a bare rmcp client",
    },
    Short {
        bench: "concurrent/waiting",
        what: "1,000 concurrent runs, each waiting 50 ms in a tool call",
        with: "50 ms and 1,000 runs whose tools answer at once",
    },
];
