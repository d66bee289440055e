//! What became of a run. The library, the JSON report, the exit codes and the docs all use this one enum.

use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How a run ended. Guest misbehaviour is data: none of these is an error of the host.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The skill returned a result.
    Finished,
    /// The skill returned an error of its own.
    Failed {
        /// The skill's words, or those of the tool that failed it.
        message: String,
    },
    /// The skill broke a rule of WebAssembly: a panic, an unreachable instruction, a bad pointer.
    Trapped {
        /// The trap and the WebAssembly backtrace.
        message: String,
    },
    /// The fuel was used up.
    OutOfFuel {
        /// The limit.
        fuel: u64,
    },
    /// The skill needed more memory than the limit.
    OutOfMemory {
        /// The limit, in bytes.
        memory: usize,
    },
    /// The deadline passed, in the guest or in a host call.
    TimedOut {
        /// The limit, in milliseconds.
        timeout_ms: u64,
    },
    /// The skill made more tool calls than it may.
    BudgetExhausted {
        /// The limit.
        calls: u32,
    },
    /// The result is larger than the limit.
    OutputTooLarge {
        /// The limit, in bytes.
        output: usize,
    },
    /// The skill could not go on without something that the user has not granted.
    Denied {
        /// What was refused, and the flag that grants it.
        message: String,
    },
}

/// Everything that a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The skill's result, as JSON text (or the standard output of a `wasi:cli/run` skill).
    #[serde(serialize_with = "json_or_text")]
    pub result: Option<String>,
    /// BLAKE3 of the component, in hexadecimal.
    pub digest: String,
    /// Times, in milliseconds.
    pub time: Times,
    /// Fuel used.
    pub fuel: u64,
    /// The most linear memory and tables in use at once, in bytes.
    pub peak_memory: usize,
    /// Tool calls by `server/tool`.
    pub tools: BTreeMap<String, ToolUse>,
    /// Log lines kept.
    pub log_lines: u32,
    /// Log lines dropped, because there were too many.
    pub log_lines_dropped: u64,
}

/// Where the time went, each in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Times {
    /// Reading the component and compiling it, or loading its compiled form.
    pub load_ms: f64,
    /// Starting the servers and listing their tools.
    pub servers_ms: f64,
    /// Comparing types and building codecs.
    pub link_ms: f64,
    /// Instantiation to result: guest and host calls.
    pub run_ms: f64,
    /// Of `run_ms`: at least one tool call under way.
    pub calls_ms: f64,
}

/// What a run did with one tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ToolUse {
    /// Calls that reached the server.
    pub calls: u32,
    /// Of those, the ones without a result, `isError` included.
    pub errors: u32,
    /// Bytes of arguments, as JSON.
    pub bytes_in: u64,
    /// Bytes of results, as JSON.
    pub bytes_out: u64,
}

impl Report {
    /// Tool calls that reached a server.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.tools.values().map(|tool| tool.calls).sum()
    }

    /// Bytes that the tools returned, as JSON.
    #[must_use]
    pub fn tool_bytes(&self) -> u64 {
        self.tools.values().map(|tool| tool.bytes_out).sum()
    }
}

impl Times {
    /// The whole, in milliseconds.
    #[must_use]
    pub fn total_ms(&self) -> f64 {
        self.load_ms + self.servers_ms + self.link_ms + self.run_ms
    }
}

/// A duration as fractional milliseconds, to the microsecond.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// JSON results are embedded as JSON, so that readers parse the report once.
fn json_or_text<S: serde::Serializer>(
    result: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match result.as_deref() {
        None => serializer.serialize_none(),
        Some(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => value.serialize(serializer),
            Err(_) => serializer.serialize_str(text),
        },
    }
}
