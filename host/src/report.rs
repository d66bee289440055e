//! How a run ended. The library, the JSON report, the exit codes and the docs all use this one enum.

mod attachment;

use std::ops::Index;
use std::time::Duration;

use mcp_script::Diagnostic;
use serde::Serialize;

pub use self::attachment::{Attachment, AttachmentKind};
use crate::component::digest::Digest;
use crate::rules::limits::{Limit, Limits};

/// Declares [`Outcome`] with the name of each outcome before it. No other place spells the names.
macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:literal = $outcome:ident $({ $($fields:tt)* })?,)*) => {
        /// How a run ended. Guest misbehaviour is data: none of these is an error of the host.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "outcome")]
        pub enum Outcome {
            $($(#[$doc])* #[serde(rename = $name)] $outcome $({ $($fields)* })?,)*
        }

        impl Outcome {
            /// The name of each outcome in reports.
            pub const NAMES: [&str; [$($name),*].len()] = [$($name),*];

            /// Its name in reports.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$outcome { .. } => $name,)*
                }
            }
        }
    };
}

outcomes! {
    /// The skill returned a result.
    "finished" = Finished,
    /// The skill returned an error of its own.
    "failed" = Failed {
        /// The skill's message, or that of the tool that failed it.
        message: String,
    },
    /// The skill broke a rule of WebAssembly: a panic, an unreachable instruction, a bad pointer.
    "trapped" = Trapped {
        /// The trap and the WebAssembly backtrace.
        message: String,
    },
    /// The fuel was used up.
    "out-of-fuel" = OutOfFuel {
        /// The limit. The report has the used fuel under `fuel`.
        #[serde(rename = "limit")]
        fuel: u64,
    },
    /// The skill exceeded a limit on resources: memory, tables, instances, handles, or bytes that one host call copies.
    "out-of-memory" = OutOfMemory {
        /// Which limit.
        quota: Limit,
        /// Its value: bytes or a count.
        limit: u64,
    },
    /// The deadline passed, in the guest or in a host call.
    "timed-out" = TimedOut {
        /// The limit, in milliseconds.
        timeout_ms: u64,
    },
    /// The skill made more tool calls than its budget allows.
    "budget-exhausted" = BudgetExhausted {
        /// The limit.
        calls: u32,
    },
    /// The result is larger than the limit.
    "output-too-large" = OutputTooLarge {
        /// The limit, in bytes.
        output: usize,
    },
    /// The skill needs something that the user has not granted.
    "denied" = Denied {
        /// What was denied, and the flag that grants it.
        message: String,
    },
    /// Nothing ran: the bytes are not a skill, an import has no provider, or a type differs.
    "link-error" = LinkError {
        /// What does not link.
        message: String,
    },
    /// Calls wait for a person, and nothing else goes on. The run goes on from its ledger when they are decided.
    "paused" = Paused,
    /// The caller or a signal stopped the run.
    "cancelled" = Cancelled {
        /// What stopped it.
        message: String,
    },
}

/// The report of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The skill's result, as JSON text (or the standard output of a `wasi:cli/run` skill).
    #[serde(serialize_with = "json_or_text")]
    pub result: Option<String>,
    /// The digest of the component.
    pub digest: Digest,
    /// Times, in milliseconds.
    pub time: Times,
    /// Fuel used.
    pub fuel: u64,
    /// The most memory in use at once, in bytes: linear memories and tables of all skills of the run, and what the host
    /// held for them.
    pub peak_memory: usize,
    /// Tool calls by `server/tool`.
    pub tools: ToolUses,
    /// The tool call whose failure the skill passed on as its own, or that failed just before the skill did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_call: Option<FailedCall>,
    /// What a script should know of itself, and what did not stop it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Those of the warnings that have a place in the script.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// What tools returned besides text, and the result of a script names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Log lines kept.
    pub log_lines: u32,
    /// Log lines dropped, because there were too many.
    pub log_lines_dropped: u64,
}

impl Report {
    /// Names the limits of the whole run as its limits, where a part of them was used before this report begins.
    #[must_use]
    pub fn under(mut self, limits: &Limits) -> Self {
        match &mut self.outcome {
            Outcome::TimedOut { timeout_ms } => *timeout_ms = limits.get(Limit::Timeout),
            Outcome::OutOfFuel { fuel } => *fuel = limits.fuel,
            _ => {}
        }
        self
    }
}

/// A tool call that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedCall {
    /// The server's name in the configuration.
    pub server: String,
    /// The tool's own name.
    pub tool: String,
    /// How it failed: a case of the contract's `tool-error`.
    pub case: &'static str,
}

/// How long each step took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Times {
    /// Reading the component and compiling it, or loading its compiled form.
    pub load_ms: f64,
    /// Waiting for the servers to start and to list their tools. Excludes time that overlaps with `load_ms`.
    pub servers_ms: f64,
    /// Comparing types and building codecs.
    pub link_ms: f64,
    /// Instantiation to result: `guest_ms` and `calls_ms`.
    pub run_ms: f64,
    /// Part of `run_ms`: only the guest was working.
    pub guest_ms: f64,
    /// Part of `run_ms`: at least one host call was in flight, to a tool, a file or the state.
    pub calls_ms: f64,
}

/// Statistics of a run's tools, ordered by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolUses(Vec<(String, ToolUse)>);

impl ToolUses {
    pub(crate) fn new(mut uses: Vec<(String, ToolUse)>) -> Self {
        uses.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Self(uses)
    }

    /// The statistics of `server/tool`, if the skill called it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ToolUse> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, used)| used)
    }

    /// Every `server/tool` that was called.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &ToolUse)> {
        self.0.iter().map(|(name, used)| (name.as_str(), used))
    }
}

impl Index<&str> for ToolUses {
    type Output = ToolUse;

    /// # Panics
    ///
    /// When the tool was not called.
    fn index(&self, name: &str) -> &ToolUse {
        match self.get(name) {
            Some(used) => used,
            None => panic!("`{name}` was not called"),
        }
    }
}

impl Serialize for ToolUses {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Statistics of one tool in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ToolUse {
    /// Calls that had no answer when the run ended: they may have had their effect.
    #[serde(skip_serializing_if = "is_zero")]
    pub unfinished: u32,
    /// Calls that the skill made, within its budget.
    pub calls: u32,
    /// Part of `calls`: calls without a result, `isError` included.
    pub errors: u32,
    /// Cache hits: calls answered from the response cache without reaching the server.
    pub cache_hits: u32,
    /// Cache misses: calls of cached tools that reached the server.
    pub cache_misses: u32,
    /// Part of `calls`: calls coalesced with an identical read already in flight.
    pub shared: u32,
    /// Bytes of arguments, as JSON.
    pub bytes_in: u64,
    /// Bytes of results, as JSON.
    pub bytes_out: u64,
    /// How long the calls took.
    pub latency: Latency,
}

/// How long the calls of one tool took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// The shortest.
    pub min_ms: f64,
    /// The one in the middle; of an even number, the later of the two.
    pub median_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Latency {
    /// Latency of calls that are sorted by duration.
    pub(crate) fn of(calls: impl ExactSizeIterator<Item = Duration> + Clone) -> Self {
        let at = |index: usize| calls.clone().nth(index).map_or(0.0, millis);
        Self {
            min_ms: at(0),
            median_ms: at(calls.len() / 2),
            max_ms: at(calls.len().saturating_sub(1)),
        }
    }
}

impl Report {
    /// A run that failed before anything ran.
    #[must_use]
    pub fn unstarted(outcome: Outcome, digest: Digest, time: Times) -> Self {
        Self {
            outcome,
            result: None,
            digest,
            time,
            fuel: 0,
            peak_memory: 0,
            tools: ToolUses::default(),
            failed_call: None,
            warnings: Vec::new(),
            diagnostics: Vec::new(),
            attachments: Vec::new(),
            log_lines: 0,
            log_lines_dropped: 0,
        }
    }

    /// Tool calls, cache hits included.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.tools.iter().map(|(_, tool)| tool.calls).sum()
    }

    /// Bytes that the tools returned, as JSON.
    #[must_use]
    pub fn tool_bytes(&self) -> u64 {
        self.tools.iter().map(|(_, tool)| tool.bytes_out).sum()
    }
}

impl Times {
    /// The total, in milliseconds.
    #[must_use]
    pub fn total_ms(&self) -> f64 {
        self.load_ms + self.servers_ms + self.link_ms + self.run_ms
    }
}

/// A duration as fractional milliseconds, to the microsecond.
#[must_use]
pub fn millis(duration: Duration) -> f64 {
    let rounded = duration.saturating_add(Duration::from_nanos(500));
    let micros = u64::from(rounded.subsec_micros());
    rounded
        .as_secs()
        .saturating_mul(1_000_000)
        .saturating_add(micros) as f64
        / 1e3
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// JSON results are embedded as JSON, so that readers parse the report once.
fn json_or_text<S: serde::Serializer>(
    result: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match result.as_deref() {
        None => serializer.serialize_none(),
        // Embedded verbatim: a tree of it could take many times its size.
        Some(text) => match serde_json::from_str::<&serde_json::value::RawValue>(text) {
            Ok(value) => value.serialize(serializer),
            Err(_) => serializer.serialize_str(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_written_under_its_name() {
        let message = String::new;
        let outcomes = [
            Outcome::Finished,
            Outcome::Failed { message: message() },
            Outcome::Trapped { message: message() },
            Outcome::OutOfFuel { fuel: 1 },
            Outcome::OutOfMemory {
                quota: Limit::Handles,
                limit: 1,
            },
            Outcome::TimedOut { timeout_ms: 1 },
            Outcome::BudgetExhausted { calls: 1 },
            Outcome::OutputTooLarge { output: 1 },
            Outcome::Denied { message: message() },
            Outcome::LinkError { message: message() },
            Outcome::Paused,
            Outcome::Cancelled { message: message() },
        ];
        assert_eq!(outcomes.each_ref().map(Outcome::name), Outcome::NAMES);
        for outcome in outcomes {
            let json = serde_json::json!(outcome);
            assert_eq!(json["outcome"], outcome.name());
        }
    }

    #[test]
    fn milliseconds_are_rounded_to_the_microsecond() {
        for (nanos, ms) in [(0, 0.0), (499, 0.0), (500, 0.001), (1_234_499, 1.234)] {
            assert_eq!(millis(Duration::from_nanos(nanos)), ms);
        }
        assert_eq!(millis(Duration::new(86_400, 999_999_500)), 86_401_000.0);
        assert!(millis(Duration::MAX) > 1e15);
    }

    #[test]
    fn the_latency_is_that_of_the_first_the_middle_and_the_last() {
        fn ms(ms: &[u64]) -> impl ExactSizeIterator<Item = Duration> + Clone {
            ms.iter().copied().map(Duration::from_millis)
        }
        let latency = Latency::of(ms(&[10, 20, 30]));
        assert_eq!(
            [latency.min_ms, latency.median_ms, latency.max_ms],
            [10.0, 20.0, 30.0]
        );
        assert_eq!(Latency::of(ms(&[5])).median_ms, 5.0);
        assert_eq!(Latency::of(ms(&[])), Latency::default());
    }
}
