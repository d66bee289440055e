//! The first line of a recording and of a ledger, made of what a run is asked.

use serde_json::value::RawValue;

use super::Request;
use crate::link::Linked;
use crate::recording::{Header, NO_ARGUMENTS, VERSION};
use crate::rules::determinism::Determinism;
use crate::rules::limits::Limits;

/// The header of a run with this seed and clock.
///
/// # Errors
///
/// When the input is not JSON.
pub(super) fn header(
    linked: &Linked,
    request: &Request<'_>,
    limits: &Limits,
    fixed: Determinism,
) -> serde_json::Result<Header> {
    let (invoke, input) = match request {
        Request::Input(input) => (None, *input),
        Request::Function(invocation) => (
            Some(invocation.call.clone()),
            invocation.input.as_deref().unwrap_or(NO_ARGUMENTS),
        ),
    };
    // A recording has a line for each thing. In JSON, line breaks stand between tokens only, where a space
    // says the same; the skill gets what is recorded.
    let input = input.replace(['\n', '\r'], " ");
    Ok(Header {
        version: VERSION,
        digest: linked.skill.digest().to_string(),
        input: RawValue::from_string(input)?,
        invoke,
        seed: fixed.seed,
        clock: fixed
            .clock
            .map(|time| humantime::format_rfc3339(time).to_string()),
        limits: limits.clone(),
    })
}
