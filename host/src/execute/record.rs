//! A run whose host calls are recorded.

use std::io::Write;
use std::sync::Arc;

use serde_json::Value;

use super::header::header;
use super::{ExecuteError, Request, once};
use crate::link::Linked;
use crate::recording::{End, InLine, is_readable, server_lines};
use crate::report::Report;
use crate::rules::determinism::Determinism;
use crate::rules::limits::Limits;
use crate::run::call_log::{CallLog, Recorder};

/// A run that was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The input is not JSON.
    #[error("the input of a recorded run must be JSON")]
    Input(#[source] serde_json::Error),
    /// The OS has no random numbers for a seed.
    #[error("failed to draw a seed")]
    Seed(#[source] std::io::Error),
    /// The recording cannot be written. The run was stopped.
    #[error("failed to write the recording")]
    Write(#[source] std::io::Error),
    /// The host could not run the skill.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

/// Does what [`execute_until`](super::execute_until) does, and writes what a replay needs to `out`, in the format of
/// `docs/recordings.md`. If `fixed` has no seed or no clock, they are drawn and recorded, so that the run can be
/// repeated exactly.
///
/// # Errors
///
/// When the recording cannot be written, and those of [`execute`](super::execute).
pub async fn record(
    linked: &Linked,
    request: &Request<'_>,
    limits: &Limits,
    fixed: Determinism,
    out: impl Write + Send + 'static,
    stop: impl Future<Output = String>,
) -> Result<Report, RecordError> {
    let fixed = fixed.complete().map_err(RecordError::Seed)?;
    let header = header(linked, request, limits, fixed).map_err(RecordError::Input)?;
    let input = header.input.get().to_owned();
    let request = match request {
        Request::Input(_) => Request::Input(&input),
        Request::Function(invocation) => Request::Function(invocation),
    };
    let servers = server_lines(&linked.skill, &linked.capabilities.catalog)
        .map_err(|error| RecordError::Write(error.into()))?;
    let recorder = Recorder::new(Box::new(out), &header, &servers).map_err(RecordError::Write)?;
    let call_log = Arc::new(CallLog::Record(Box::new(recorder)));
    let report = once(
        linked,
        &request,
        limits,
        fixed,
        Some(Arc::clone(&call_log)),
        stop,
    )
    .await?;
    if let CallLog::Record(recorder) = &*call_log {
        let result = InLine::of(report.result.as_deref());
        recorder
            .finish(&without_result(&report), &result)
            .map_err(RecordError::Write)?;
    }
    Ok(report)
}

/// The last line, without its hash.
pub(super) fn end(report: &Report) -> End {
    let result = report.result.as_deref().map_or(Value::Null, |text| {
        let tree = is_readable(text).then(|| serde_json::from_str(text).ok());
        tree.flatten().unwrap_or_else(|| text.into())
    });
    End {
        result,
        ..without_result(report)
    }
}

pub(super) fn without_result(report: &Report) -> End {
    let mut detail = match serde_json::to_value(&report.outcome) {
        Ok(Value::Object(fields)) => fields,
        // The outcome is an enum of numbers and strings.
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let outcome = match detail.shift_remove("outcome") {
        Some(Value::String(name)) => name,
        _ => String::new(),
    };
    End {
        end: true,
        outcome,
        detail,
        result: Value::Null,
        fuel: report.fuel,
        blake3: String::new(),
    }
}
