//! The file of a recorded run: its lines, in the format of `docs/recordings.md`, and its reader. Runs nothing:
//! `call_log` writes recordings and replays them.

use std::path::Path;
use std::sync::Arc;

use mcp_bridge::Tool;

use crate::catalog::Catalog;
use crate::component::exports::{Invocation, InvokeError};
use crate::component::skill::Skill;
use crate::rules::determinism::Determinism;
use crate::rules::limits::{Limit, Limits};

mod answer;
mod call;
mod difference;
mod error;
mod format;
mod limits;
mod order;
mod read;
mod text;
mod tools;

pub(crate) use answer::{Answer, Trap, tool_answer, tool_result_of};
pub(crate) use call::{Bytes, Call};
pub use difference::Difference;
pub use error::RecordingError;
pub(crate) use format::{End, Header, Line, MAX_BYTES, MAX_WEIGHT, VERSION};
pub use limits::LoweredLimit;
pub(crate) use limits::lower;
pub(crate) use order::{Timed, check as check_order};
pub use read::Recording;
pub(crate) use text::{InLine, OneLine, is_readable};
pub(crate) use tools::server_lines;

/// The input of a call whose arguments are in the call itself, or that has none.
pub(crate) const NO_ARGUMENTS: &str = "{}";

impl Recording {
    /// Reads a recording, and checks that it is complete and unchanged.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not a recording, or was truncated or changed.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        read::open(path)
    }

    /// The servers of the recorded run, as far as linking the skill needs them. They answer no calls.
    ///
    /// # Errors
    ///
    /// When the skill imports a tool that the recorded skill did not.
    pub fn catalog(&self, skill: &Skill) -> Result<Arc<Catalog>, RecordingError> {
        tools::catalog(&self.servers, skill)
    }

    /// The definitions of the tools that the skill imported, each with the name of its server.
    pub fn definitions(&self) -> impl Iterator<Item = (&str, &Tool)> {
        self.servers.iter().flat_map(tools::RecordedServer::defined)
    }

    /// The input of the run.
    #[must_use]
    pub fn input(&self) -> &str {
        self.header.input.get()
    }

    /// The result of a run that finished.
    #[must_use]
    pub fn result(&self) -> Option<&serde_json::Value> {
        (self.end.outcome == "finished").then_some(&self.end.result)
    }

    /// The recorded call of an exported function; `None` if the recorded run used the skill's own `run`.
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

    /// The limits of the run, as recorded. They never raise those of a replay.
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

    /// Whether a replay of the same component uses as much fuel.
    pub(crate) fn has_fuel(&self) -> bool {
        self.has_fuel
    }

    pub(crate) fn end(&self) -> &End {
        &self.end
    }
}
