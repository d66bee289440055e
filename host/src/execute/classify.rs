//! Names the outcome of a run from how it came back.

use wasmtime::Trap;

use super::function::FunctionResult;
use super::{Ending, Returned};
use crate::calls::BudgetIgnored;
use crate::contract::{SkillError, ToolError};
use crate::limits::{DeadlinePassed, Limit, Limits, Meter};
use crate::outcome::Outcome;
use crate::wasi::Captured;

/// The outcome, and the result where there is one.
pub(super) fn outcome(
    ending: Ending,
    meter: &Meter,
    limits: &Limits,
    captured: Option<&Captured>,
) -> (Outcome, Option<String>) {
    let outcome = match ending {
        Ending::Deadline => timed_out(limits),
        Ending::Cancelled(message) => Outcome::Cancelled { message },
        Ending::Stopped(error) => return stopped(&error, meter, limits, captured),
        Ending::Returned(Returned::Skill(Ok(result))) => return finished(result, limits),
        Ending::Returned(Returned::Skill(Err(error))) => failed(error, limits),
        Ending::Returned(Returned::Function(result)) => return function(result, limits),
        Ending::Returned(Returned::Command(Ok(()))) => return command(captured, limits),
        Ending::Returned(Returned::Command(Err(()))) => Outcome::Failed {
            message: "the program exited with a failure; its standard error is in the log".into(),
        },
    };
    (outcome, None)
}

fn finished(result: String, limits: &Limits) -> (Outcome, Option<String>) {
    if result.len() > limits.output {
        return (too_large(limits), None);
    }
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&result) {
        let message = format!("the skill's result is not JSON: {error}");
        return (Outcome::Failed { message }, None);
    }
    (Outcome::Finished, Some(result))
}

fn function(result: FunctionResult, limits: &Limits) -> (Outcome, Option<String>) {
    let outcome = match result {
        FunctionResult::Value(json) => return finished(json, limits),
        FunctionResult::Error(message) => Outcome::Failed { message },
        FunctionResult::ToolError { case, text } => match case.as_str() {
            "denied" => Outcome::Denied { message: text },
            "budget-exhausted" => Outcome::BudgetExhausted {
                calls: limits.calls,
            },
            case => Outcome::Failed {
                message: format!("a tool call failed ({case}): {text}"),
            },
        },
        FunctionResult::TooLarge => out_of_memory(limits),
        FunctionResult::Inexpressible(why) => Outcome::Failed {
            message: format!("the function's result cannot be written as JSON, at {why}"),
        },
    };
    (outcome, None)
}

/// `captured` is what a program wrote; a skill that exits as a program does has written no result.
fn command(captured: Option<&Captured>, limits: &Limits) -> (Outcome, Option<String>) {
    let written = captured.map_or_else(|| Ok(Vec::new()), Captured::take);
    match written.map(String::from_utf8) {
        Err(Limit::Memory) => (out_of_memory(limits), None),
        Err(_) => (too_large(limits), None),
        Ok(Ok(text)) => (Outcome::Finished, Some(text)),
        Ok(Err(_)) => {
            let message = "the program's standard output is not UTF-8".into();
            (Outcome::Failed { message }, None)
        }
    }
}

/// The skill's own error. What it could not do for want of a grant or of budget keeps that name.
fn failed(error: SkillError, limits: &Limits) -> Outcome {
    match error {
        SkillError::Tool(ToolError::Denied(message)) => Outcome::Denied { message },
        SkillError::Tool(ToolError::BudgetExhausted(_)) => Outcome::BudgetExhausted {
            calls: limits.calls,
        },
        SkillError::Tool(error) => Outcome::Failed {
            message: tool_message(error),
        },
        SkillError::InvalidInput(why) => Outcome::Failed {
            message: format!("invalid input: {why}"),
        },
        SkillError::Failed(message) => Outcome::Failed { message },
    }
}

fn stopped(
    error: &wasmtime::Error,
    meter: &Meter,
    limits: &Limits,
    captured: Option<&Captured>,
) -> (Outcome, Option<String>) {
    // A `main` that calls `exit` unwinds like a trap.
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return match exit.0 {
            0 => command(captured, limits),
            code => {
                let message = format!("the program exited with {code}");
                (Outcome::Failed { message }, None)
            }
        };
    }
    let outcome = if error.is::<BudgetIgnored>() {
        Outcome::BudgetExhausted {
            calls: limits.calls,
        }
    } else if error.is::<DeadlinePassed>() {
        timed_out(limits)
    } else if error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel) {
        Outcome::OutOfFuel { fuel: limits.fuel }
    } else if let Some(quota) = meter.exceeded(error) {
        Outcome::OutOfMemory {
            quota,
            limit: limits.get(quota),
        }
    } else {
        Outcome::Trapped {
            message: trap_message(error),
        }
    };
    (outcome, None)
}

/// The trap, and the guest's backtrace: the host's own stack is nobody's business.
fn trap_message(error: &wasmtime::Error) -> String {
    let cause = error.root_cause().to_string();
    match error.downcast_ref::<wasmtime::WasmBacktrace>() {
        Some(backtrace) => {
            let frames = backtrace.to_string();
            let frames: Vec<_> = frames.trim_end().lines().map(without_hashes).collect();
            format!("{cause}\n{}", frames.join("\n"))
        }
        None => cause,
    }
}

/// The names of Rust's functions hold hashes of crates and builds, of which nobody learns anything: `std[d123b7a1a2ed1472]::f`,
/// or `std::f::h0123456789abcdef` of an older mangling.
fn without_hashes(frame: &str) -> String {
    let is_hash = |text: &str| text.len() > 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let mut parts = frame.split('[');
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, rest)) if is_hash(hash) => named.push_str(rest),
            _ => {
                named.push('[');
                named.push_str(part);
            }
        }
    }
    if let Some((name, hash)) = named.rsplit_once("::h")
        && is_hash(hash)
    {
        named.truncate(name.len());
    }
    named
}

fn tool_message(error: ToolError) -> String {
    let (kind, text) = match error {
        ToolError::Failed(result) => {
            let text: Vec<_> = result.content.iter().filter_map(text_of).collect();
            return format!("a tool failed: {}", text.join("\n"));
        }
        ToolError::InvalidArguments(text) => ("invalid arguments", text),
        ToolError::Denied(text) => ("denied", text),
        ToolError::NotFound(text) => ("not found", text),
        ToolError::BudgetExhausted(text) => ("budget exhausted", text),
        ToolError::TimedOut(text) => ("timed out", text),
        ToolError::Unavailable(text) => ("unavailable", text),
        ToolError::TooLarge(text) => ("too large", text),
        ToolError::Protocol(text) => ("protocol error", text),
    };
    format!("a tool call failed ({kind}): {text}")
}

fn text_of(block: &crate::contract::ContentBlock) -> Option<&str> {
    match block {
        crate::contract::ContentBlock::Text(text) => Some(text),
        _ => None,
    }
}

fn timed_out(limits: &Limits) -> Outcome {
    Outcome::TimedOut {
        timeout_ms: u64::try_from(limits.timeout.as_millis()).unwrap_or(u64::MAX),
    }
}

fn out_of_memory(limits: &Limits) -> Outcome {
    Outcome::OutOfMemory {
        quota: Limit::Memory,
        limit: limits.get(Limit::Memory),
    }
}

fn too_large(limits: &Limits) -> Outcome {
    Outcome::OutputTooLarge {
        output: limits.output,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_without_the_hashes_of_its_build() {
        for (frame, named) in [
            (
                "0: 0x1f - a.wasm!a::run::h0123456789abcdef",
                "0: 0x1f - a.wasm!a::run",
            ),
            (
                "1: 0x2 - a.wasm!std[d123b7a1a2ed1472]::f::<core[6d9e98711c484d2e]::g, [u8]>",
                "1: 0x2 - a.wasm!std::f::<core::g, [u8]>",
            ),
            ("2: 0x3 - a.wasm!a::hash", "2: 0x3 - a.wasm!a::hash"),
            (
                "3: 0x4 - a.wasm!a::h0123456789abcdeg",
                "3: 0x4 - a.wasm!a::h0123456789abcdeg",
            ),
            ("4: 0x5 - a.wasm![cafe][", "4: 0x5 - a.wasm![cafe]["),
        ] {
            assert_eq!(without_hashes(frame), named);
        }
    }
}
