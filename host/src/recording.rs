//! The file of a recorded run: its lines, as `docs/recordings.md` describes them, and how they are read.
//! Runs nothing: `tape` writes recordings and plays them.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::catalog::Catalog;
use crate::component::exports::{Invocation, InvokeError};
use crate::component::skill::Skill;
use crate::rules::determinism::Determinism;
use crate::rules::limits::{Limit, Limits};

mod answer;
mod call;
mod difference;
mod limits;
mod order;
mod read;
mod text;
mod tools;

pub(crate) use answer::{Answer, Trap, tool_answer, tool_result_of};
pub(crate) use call::{Bytes, Call};
pub use difference::Difference;
pub use limits::LoweredLimit;
pub(crate) use limits::lower;
pub(crate) use text::{InLine, is_readable};
pub(crate) use tools::server_lines;

/// The format that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;

/// The largest recording that is written or read, in bytes.
pub(crate) const MAX_BYTES: u64 = 128 << 20;

/// The most memory that the values of a recording may take when it is read, in bytes.
pub(crate) const MAX_WEIGHT: usize = 320 << 20;

/// The input of a call that has its arguments in itself, or has none.
pub(crate) const NO_ARGUMENTS: &str = "{}";

/// A recorded run, whole and unchanged since it was written.
pub struct Recording {
    header: Header,
    clock: Option<SystemTime>,
    servers: Vec<tools::RecordedServer>,
    calls: Vec<Line>,
    end: End,
}

/// The first line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    #[serde(rename = "mcp-host-recording")]
    pub(crate) version: u32,
    pub(crate) digest: String,
    /// The text itself, because a skill may count its spaces.
    pub(crate) input: Box<RawValue>,
    /// The exported function that was called, as `--invoke` takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invoke: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) clock: Option<String>,
    #[serde(default, with = "limits")]
    pub(crate) limits: Limits,
}

/// One host call.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) n: usize,
    #[serde(flatten)]
    pub(crate) call: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) began: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Value>,
}

/// The last line.
#[derive(Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) end: bool,
    /// Its name in the JSON report.
    pub(crate) outcome: String,
    /// The fields that belong to it there.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) detail: Map<String, Value>,
    pub(crate) result: Value,
    pub(crate) fuel: u64,
    /// Of all bytes before this line, in hexadecimal.
    pub(crate) blake3: String,
}

/// A recording that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("failed to read recording `{}`", path.display())]
    Read {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: mcp_bridge::NamedFileError,
    },
    /// Not what `--record` writes.
    #[error("line {line} of the recording: {why}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The first line is of another format.
    #[error("the recording has format {found}; this host reads format {VERSION}")]
    Version {
        /// The format in the file.
        found: u32,
    },
    /// The last line is missing.
    #[error(
        "the recording is cut off in or after line {lines}: it has no `end` line; record the run again"
    )]
    CutOff {
        /// Lines that are there.
        lines: usize,
    },
    /// Larger than what is read.
    #[error("the recording is larger than {} MiB, the most that is read; record a shorter run", MAX_BYTES >> 20)]
    TooLarge,
    /// Its values would take more memory than a reader gives them.
    #[error(
        "line {line} of the recording: with it, what was recorded takes more than {} MiB of memory; record a run that asks for less",
        MAX_WEIGHT >> 20
    )]
    TooHeavy {
        /// The first line that is too much, from 1.
        line: usize,
    },
    /// Starts and answers are numbered as they cannot have happened.
    #[error("call {n} of the recording is out of order: {why}; record the run again")]
    Order {
        /// The call, from 1.
        n: usize,
        /// What is wrong with its numbers.
        why: String,
    },
    /// The hash in the last line is not that of the lines before it.
    #[error(
        "the recording was changed after it was written: its hash does not fit; record the run again"
    )]
    Changed,
    /// The skill imports a tool that the recorded skill did not.
    #[error(
        "the recording does not know the type of tool `{tool}` of server `{server}`, which this skill imports; \
         record a run of this skill"
    )]
    NotRecorded {
        /// The server's label in the import.
        server: String,
        /// The function's label.
        tool: String,
    },
}

impl Recording {
    /// Reads a recording and checks that it is whole and unchanged.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is no recording, was cut off or changed.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        read::open(path)
    }

    /// The servers of the recorded run, as far as the skill needs them to be linked. They answer no call.
    ///
    /// # Errors
    ///
    /// When the skill imports a tool that the recorded skill did not.
    pub fn catalog(&self, skill: &Skill) -> Result<Arc<Catalog>, RecordingError> {
        tools::catalog(&self.servers, skill)
    }

    /// The input of the run.
    #[must_use]
    pub fn input(&self) -> &str {
        self.header.input.get()
    }

    /// The call of an exported function that was recorded; `None` where the skill's own `run` was.
    ///
    /// # Errors
    ///
    /// When the skill has no such function any more, or one of another type.
    pub fn invocation(&self, skill: &Skill) -> Result<Option<Invocation>, InvokeError> {
        let Some(call) = &self.header.invoke else {
            return Ok(None);
        };
        let input = Some(self.input()).filter(|input| *input != NO_ARGUMENTS);
        skill.invocation(call, input).map(Some)
    }

    /// The limits of the run, as the file says. They never raise those of a replay.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.header.limits
    }

    /// Seed and clock of the run.
    #[must_use]
    pub fn fixed(&self) -> Determinism {
        Determinism {
            seed: self.header.seed,
            clock: self.clock,
        }
    }

    /// BLAKE3 of the recorded component, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.header.digest
    }

    pub(crate) fn calls(&self) -> &[Line] {
        &self.calls
    }

    /// The limits of the recorded run that are higher than these.
    #[must_use]
    pub fn lowered_by(&self, limits: &Limits) -> Vec<LoweredLimit> {
        let limits = Limit::ALL.into_iter().map(|limit| LoweredLimit {
            limit,
            recorded: self.limits().get(limit),
            in_force: limits.get(limit),
        });
        limits
            .filter(|lowered| lowered.in_force < lowered.recorded)
            .collect()
    }

    pub(crate) fn end(&self) -> &End {
        &self.end
    }
}
