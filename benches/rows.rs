//! The rows of the table, in groups of what is compared.

/// One row: a bench, what it is, and what it is compared to.
pub(crate) struct Row {
    pub(crate) bench: &'static str,
    pub(crate) what: &'static str,
    pub(crate) against: Against,
    /// It is in the README too.
    pub(crate) shown: bool,
    /// It needs what not every machine has, and is left out where it was not measured.
    pub(crate) optional: bool,
}

/// What stands in the last column.
pub(crate) enum Against {
    /// Others are compared to this one.
    Itself,
    /// The time of another bench of the same run.
    Bench(&'static str),
    /// The time of another bench and so many nanoseconds.
    BenchAnd(&'static str, f64),
    /// So many nanoseconds, which were measured elsewhere.
    Published(f64),
}

use Against::{Bench, BenchAnd, Itself, Published};

const fn row(bench: &'static str, what: &'static str, against: Against) -> Row {
    Row {
        bench,
        what,
        against,
        shown: false,
        optional: false,
    }
}

const fn shown(bench: &'static str, what: &'static str, against: Against) -> Row {
    Row {
        shown: true,
        ..row(bench, what, against)
    }
}

const fn optional(bench: &'static str, what: &'static str, against: Against) -> Row {
    Row {
        optional: true,
        ..shown(bench, what, against)
    }
}

pub(crate) const ROWS: [Row; 47] = [
    shown(
        "run/pooling",
        "one run, instances from a pool",
        Bench("run/bare"),
    ),
    shown(
        "run/on-demand",
        "one run, instances from the operating system",
        Bench("run/bare"),
    ),
    shown(
        "run/bare",
        "the same in bare Wasmtime: static bindings, a pool, no limits, no report",
        Itself,
    ),
    row(
        "guards/run/fuel",
        "a run in bare Wasmtime with fuel",
        Bench("guards/run/none"),
    ),
    row("guards/run/epoch", "with epochs", Bench("guards/run/none")),
    row(
        "guards/run/limiter",
        "with a limiter of memories and tables",
        Bench("guards/run/none"),
    ),
    row("guards/run/all", "with all three", Bench("guards/run/none")),
    row("guards/run/none", "with none", Itself),
    row(
        "guards/work/fuel",
        "a million turns of a small loop, with fuel",
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
        "guards/work/all",
        "with all three",
        Bench("guards/work/none"),
    ),
    row("guards/work/none", "with none", Itself),
    shown(
        "concurrent/waiting",
        "1,000 runs at once, each waiting 50 ms in a tool; against the ideal, which is the next row and 50 ms",
        BenchAnd("concurrent/instant", 50e6),
    ),
    shown(
        "concurrent/instant",
        "1,000 runs at once, whose tools answer at once",
        Itself,
    ),
    shown(
        "bridge/sequential/skill",
        "10,000 calls from a skill to a server in a process of its own, one after the other",
        Bench("bridge/sequential/bare"),
    ),
    shown(
        "bridge/sequential/bare",
        "the same calls from a bare rmcp client",
        Itself,
    ),
    shown(
        "bridge/in-flight/skill",
        "10,000 calls of which 64 are on their way all the time",
        Bench("bridge/in-flight/bare"),
    ),
    shown(
        "bridge/in-flight/bare",
        "the same calls from a bare rmcp client",
        Itself,
    ),
    shown(
        "load/compile",
        "load a skill: compile it",
        Bench("load/cached"),
    ),
    shown(
        "load/cached",
        "load a skill: verify and load its compiled form",
        Itself,
    ),
    shown(
        "process/cold",
        "whole process `mcp-host run`, empty cache",
        Bench("process/bare"),
    ),
    shown(
        "process/warm",
        "whole process `mcp-host run`, warm cache",
        Bench("process/bare"),
    ),
    shown(
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
    shown(
        "process/call",
        "whole process `mcp-host run` of a skill that makes one typed call to a server that starts at once",
        Bench("process/call-bare"),
    ),
    shown(
        "process/call-bare",
        "whole process around a bare rmcp client that starts, lists and calls the same server",
        Itself,
    ),
    shown(
        "process/true",
        "whole process `true`: what it costs here to start anything",
        Bench("process/bare"),
    ),
    row(
        "link/250-tools",
        "from the text of `tools/list`, 250 tools, to a linked skill that imports one of them",
        Itself,
    ),
    row(
        "link/250-tools-with-start",
        "the same with the start of the server and the way from it",
        Bench("link/250-tools"),
    ),
    row(
        "codegen/render/10",
        "schemas of 10 tools to WIT; against the 0.19 ms of the predecessor",
        Published(0.19e6),
    ),
    row(
        "codegen/render/50",
        "of 50 tools; against 0.97 ms",
        Published(0.97e6),
    ),
    row(
        "codegen/render/100",
        "of 100 tools; against 1.96 ms",
        Published(1.96e6),
    ),
    shown(
        "codegen/render/1000",
        "schemas of 1,000 tools to WIT; against the 22.8 ms that the predecessor published",
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
        "small arguments (11 properties) from the guest's values to JSON",
        Bench("codec/small/serde_json-parse"),
    ),
    row(
        "codec/small/json-to-guest",
        "and back",
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
        "large arguments (a thousand points and labels) from the guest's values to JSON",
        Bench("codec/large/serde_json-parse"),
    ),
    row(
        "codec/large/json-to-guest",
        "and back",
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
    shown(
        "response_cache/hit",
        "a tool call with a cache hit: key, look-up and a copy of the response",
        Itself,
    ),
];
