//! The lines of a ledger after those of the header, in the format of `docs/recordings.md`.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::decision::{DriftedTool, time};
use crate::recording::{Call, InLine};

/// The outcomes of runs that did not end by themselves.
pub(super) const CANCELLED: &str = "cancelled";
pub(super) const EXPIRED: &str = "expired";

/// A call begins. Without `asks` and `refused`, it leaves for its server at once.
#[derive(Serialize)]
pub(crate) struct StartLine<'a> {
    pub(crate) n: usize,
    #[serde(flatten)]
    pub(crate) call: &'a Call,
    pub(crate) began: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) asks: Option<&'a str>,
    /// A decision for the rest of the run covers it.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) covered: bool,
    /// The policy denies it: no server gets it.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) refused: bool,
    /// Its tool is not as it was pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<&'a DriftedTool>,
}

/// A call waits once more: the definition of its tool is not the one that a person accepted.
#[derive(Serialize)]
pub(crate) struct AskLine<'a> {
    pub(crate) n: usize,
    pub(crate) asks: &'a str,
    pub(crate) drift: &'a DriftedTool,
}

/// A call that a person decided about leaves for its server.
#[derive(Serialize)]
pub(crate) struct SentLine {
    pub(crate) n: usize,
    pub(crate) sent: bool,
}

/// The guest drops a call, and gets no answer to it.
#[derive(Serialize)]
pub(crate) struct DroppedLine {
    pub(crate) n: usize,
    pub(crate) dropped: bool,
}

/// An answer comes.
#[derive(Serialize)]
pub(crate) struct AnswerLine<'a> {
    pub(crate) n: usize,
    pub(crate) ended: u64,
    pub(crate) answer: &'a RawValue,
}

/// The run is over.
#[derive(Serialize)]
pub(crate) struct EndLine<'a> {
    pub(crate) end: bool,
    pub(crate) outcome: &'a str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) detail: &'a Map<String, Value>,
    pub(crate) result: &'a InLine<'a>,
    pub(crate) fuel: u64,
}

/// The same, as it was read.
pub(crate) struct Ended {
    pub(crate) outcome: String,
    pub(crate) result: Value,
}

#[derive(Serialize)]
struct PauseLine {
    paused: bool,
    #[serde(with = "time")]
    at: SystemTime,
}

/// The run stops here until a person decided.
pub(crate) fn pause_line() -> impl Serialize {
    PauseLine {
        paused: true,
        at: SystemTime::now(),
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}
