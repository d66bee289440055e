//! How the guest's code ended, before the host turns it into an outcome.

use super::function::FunctionResult;
use crate::contract::SkillError;

/// How a run came back.
pub(super) enum Ending {
    /// The entry function returned.
    Returned(Returned),
    /// A trap, or an error of a host function.
    Stopped(wasmtime::Error),
    /// The deadline passed.
    Deadline,
    /// Nothing goes on but calls that wait for a person.
    Paused,
    /// The caller stopped it.
    Cancelled(String),
}

/// What the entry function returned.
pub(super) enum Returned {
    Skill(Result<Checked, SkillError>),
    /// The result of a script, and its warnings.
    Script(Result<Checked, Failed>, Vec<String>),
    Command(Result<(), ()>),
    Function(FunctionResult),
}

/// Why a script has no result.
pub(super) struct Failed {
    pub(super) error: SkillError,
    /// A call failed, and the script did not catch its error.
    pub(super) in_call: bool,
}

/// The result of a skill's `run`.
pub(super) struct Checked {
    pub(super) text: String,
    /// Why it is not JSON.
    pub(super) invalid: Option<String>,
}
