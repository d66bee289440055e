//! A run with a ledger: it stops where a person has to decide, and goes on from there.

use std::fs::File;
use std::sync::Arc;

use super::header::header;
use super::{ExecuteError, Request, once, record};
use crate::component::exports::InvokeError;
use crate::ledger::{Ledger, LedgerError};
use crate::link::Linked;
use crate::recording::{Difference, InLine, NO_ARGUMENTS, lower, server_lines};
use crate::report::{Outcome, Report};
use crate::rules::determinism::Determinism;
use crate::rules::limits::Limits;
use crate::run::call_log::{CallLog, Journal};

/// A run with a ledger that the host could not run.
#[derive(Debug, thiserror::Error)]
pub enum LedgerRunError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The input is not JSON.
    #[error("the input of a run with a ledger must be JSON")]
    Input(#[source] serde_json::Error),
    /// The OS has no random numbers for a seed.
    #[error("failed to draw a seed")]
    Seed(#[source] std::io::Error),
    /// The run does not do again what its ledger says.
    #[error(transparent)]
    Differs(#[from] Difference),
    /// The function of the ledger cannot be called.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// The host could not run the skill.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

impl Ledger {
    /// Begins the ledger of a run of this skill in a new file.
    ///
    /// # Errors
    ///
    /// When the input is not JSON, and when the file cannot be written.
    pub fn create(
        file: File,
        linked: &Linked,
        request: &Request<'_>,
        limits: &Limits,
        fixed: Determinism,
    ) -> Result<Self, LedgerRunError> {
        let fixed = fixed.complete().map_err(LedgerRunError::Seed)?;
        let header = header(linked, request, limits, fixed).map_err(LedgerRunError::Input)?;
        let servers = server_lines(&linked.skill, &linked.capabilities.catalog)
            .map_err(|error| LedgerError::Write(error.into()))?;
        let ledger = Self::begin(file, header, &servers).map_err(LedgerError::Write)?;
        Ok(ledger)
    }
}

/// Runs the skill from where its ledger is, until it ends or waits for a person. The ledger lowers the limits, and
/// never raises them. `stop` stops the run, and leaves it where it can go on: [`Ledger::cancel`] ends it.
///
/// # Errors
///
/// When the ledger cannot be written, is one of another skill, or is over; at the first call that is not the one in the
/// ledger; and those of [`execute`](super::execute).
pub async fn execute_ledger(
    linked: &Linked,
    ledger: Ledger,
    limits: &Limits,
    stop: impl Future<Output = String>,
) -> Result<Report, LedgerRunError> {
    if !ledger.is_of(&linked.skill.digest()) {
        let digest = ledger.digest().to_owned();
        return Err(LedgerError::OtherSkill { digest }.into());
    }
    if let Some(outcome) = ledger.outcome() {
        let outcome = outcome.to_owned();
        return Err(LedgerError::Ended { outcome }.into());
    }
    let limits = lower(limits, ledger.limits());
    let fixed = ledger.fixed();
    let input = ledger.input().to_owned();
    let invocation = match &ledger.header.invoke {
        Some(call) => {
            let input = Some(input.as_str()).filter(|input| *input != NO_ARGUMENTS);
            Some(linked.skill.invocation(call, input)?)
        }
        None => None,
    };
    let request = match &invocation {
        Some(invocation) => Request::Function(invocation),
        None => Request::Input(&input),
    };
    let call_log = Arc::new(CallLog::Ledger(Box::new(Journal::new(ledger))));
    let log = Some(Arc::clone(&call_log));
    let report = once(linked, &request, &limits, fixed, log, stop).await?;
    let CallLog::Ledger(journal) = &*call_log else {
        return Ok(report);
    };
    if let Some(difference) = journal.difference() {
        return Err(difference.into());
    }
    if let Outcome::Finished = &report.outcome
        && let Some(missing) = journal.first_missing()
    {
        return Err(Difference::not_made(missing.n, missing.name(), &record::end(&report)).into());
    }
    let written = match &report.outcome {
        Outcome::Paused => journal.pause(),
        // It may go on.
        Outcome::Cancelled { .. } => journal.leave(),
        _ => {
            let result = InLine::of(report.result.as_deref());
            journal.end(&record::without_result(&report), &result)
        }
    };
    written.map_err(LedgerError::Write)?;
    Ok(report)
}
