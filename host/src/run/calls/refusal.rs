//! Why a call is not made.

use mcp_codec::ValueError;

use crate::contract::ToolError;
use crate::rules::limits::{DeadlinePassed, Stop};

/// Why a call is not made: an error for the guest, or the trap that stops it.
pub(crate) type Refusal = wasmtime::Result<ToolError>;

/// The error that the guest gets for a value that does not fit, or the trap of a run that is past its deadline.
pub(crate) fn refusal(error: &ValueError, invalid: impl FnOnce() -> String) -> Refusal {
    match error.stop() {
        Some(stop) => out_of(stop),
        None => Ok(ToolError::InvalidArguments(invalid())),
    }
}

/// The same for a value that does not come from the guest.
pub(crate) fn out_of(stop: Stop) -> Refusal {
    match stop {
        Stop::Memory => Ok(ToolError::TooLarge(
            "the call needs more memory than the run has left; raise it with `--memory`".into(),
        )),
        Stop::Deadline => Err(wasmtime::Error::new(DeadlinePassed)),
    }
}
