//! How the guest's code ended, before the host turns it into an outcome.

use super::function::FunctionResult;
use crate::contract::SkillError;
use crate::rules::limits::{Account, Stop};
use crate::run::call_log::CallLog;

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

/// Says to a ledger that the guest does not run any more. Calls that are dropped from then on were not dropped by it.
pub(super) struct Over<'a>(pub(super) Option<&'a CallLog>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        if let Some(CallLog::Ledger(journal)) = self.0 {
            journal.is_over();
        }
    }
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

/// A longer result is checked on a thread of its own, so that the deadline still applies.
const CHECKED_HERE: usize = 256 << 10;

/// Charges the result, which exists besides the guest that made it, and checks that it is JSON.
pub(super) async fn checked(text: String, account: &Account) -> wasmtime::Result<Checked> {
    account.take(text.len()).map_err(Stop::trap)?;
    let is_short = text.len() <= CHECKED_HERE;
    let check = move || {
        let read = serde_json::from_str::<serde::de::IgnoredAny>(&text);
        Checked {
            invalid: read.err().map(|error| error.to_string()),
            text,
        }
    };
    if is_short {
        return Ok(check());
    }
    Ok(tokio::task::spawn_blocking(check).await?)
}

/// What `run` of a skill returned.
pub(super) async fn returned(
    result: Result<String, SkillError>,
    account: &Account,
) -> wasmtime::Result<Returned> {
    Ok(Returned::Skill(match result {
        Ok(text) => Ok(checked(text, account).await?),
        Err(error) => Err(error),
    }))
}
