//! Determines the outcome of a run from its ending.

use std::borrow::Cow;

use mcp_bridge::text;
use wasmtime::Trap;

use super::backtrace::trap_message;
use super::ending::{Checked, Ending, Failed, Returned};
use super::function::FunctionResult;
use super::store::TooSlow;
use crate::contract::{Cases as _, SkillError, ToolError};
use crate::report::Outcome;
use crate::rules::limits::{DeadlinePassed, Limit, Limits, Meter};
use crate::run::calls::BudgetIgnored;
use crate::run::wasi::Captured;

/// The outcome, and the result if the run has one.
pub(super) fn outcome(
    ending: Ending,
    meter: &Meter,
    limits: &Limits,
    captured: Option<&Captured>,
) -> (Outcome, Option<String>) {
    let (outcome, result) = named(ending, meter, limits, captured);
    (short(outcome), result)
}

/// Cuts the message: a skill may write as much as it has memory, and the host would hold each copy.
fn short(mut outcome: Outcome) -> Outcome {
    if let Outcome::Failed { message }
    | Outcome::Trapped { message }
    | Outcome::Denied { message }
    | Outcome::LinkError { message }
    | Outcome::Cancelled { message } = &mut outcome
    {
        let kept = match text::cut(message, text::LONGEST_MESSAGE) {
            Cow::Owned(kept) => kept,
            Cow::Borrowed(_) => return outcome,
        };
        *message = kept;
    }
    outcome
}

fn named(
    ending: Ending,
    meter: &Meter,
    limits: &Limits,
    captured: Option<&Captured>,
) -> (Outcome, Option<String>) {
    let outcome = match ending {
        Ending::Deadline => timed_out(limits),
        Ending::Cancelled(message) => Outcome::Cancelled { message },
        Ending::Paused => Outcome::Paused,
        Ending::Stopped(error) => return stopped(&error, meter, limits, captured),
        Ending::Returned(Returned::Skill(Ok(result)) | Returned::Script(Ok(result), _)) => {
            return skill(result, limits);
        }
        // A language that throws an exception where memory is refused: the refusal is the cause of what it reports.
        Ending::Returned(
            Returned::Skill(Err(SkillError::Failed(message)))
            | Returned::Script(
                Err(Failed {
                    error: SkillError::Failed(message),
                    in_call: false,
                }),
                _,
            ),
        ) if meter.was_refused_memory() => {
            tracing::info!(
                failure = &*text::line(&message),
                "the skill reported a failure"
            );
            out_of_memory(limits)
        }
        Ending::Returned(
            Returned::Skill(Err(error)) | Returned::Script(Err(Failed { error, .. }), _),
        ) => failed(error, limits),
        Ending::Returned(Returned::Function(result)) => return function(result, limits),
        Ending::Returned(Returned::Command(Ok(()))) => return command(captured, limits),
        Ending::Returned(Returned::Command(Err(()))) => Outcome::Failed {
            message: "the program exited with a failure; its standard error is in the log".into(),
        },
    };
    (outcome, None)
}

fn skill(result: Checked, limits: &Limits) -> (Outcome, Option<String>) {
    match result.invalid {
        Some(error) if result.text.len() <= limits.output => {
            let message = format!("the skill's result is not JSON: {error}");
            (Outcome::Failed { message }, None)
        }
        _ => finished(result.text, limits),
    }
}

fn finished(result: String, limits: &Limits) -> (Outcome, Option<String>) {
    if result.len() > limits.output {
        return (too_large(limits), None);
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

/// `captured` is the output of a program; a skill that exits like a program has written no result.
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

/// The skill's own error. A skill that failed for want of a grant or of budget keeps that outcome.
fn failed(error: SkillError, limits: &Limits) -> Outcome {
    match error {
        SkillError::Tool(ToolError::Denied(message)) => Outcome::Denied { message },
        SkillError::Tool(ToolError::BudgetExhausted(_)) => Outcome::BudgetExhausted {
            calls: limits.calls,
        },
        SkillError::Tool(error) => Outcome::Failed {
            message: tool_message(&error),
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
    } else if error.is::<TooSlow>() {
        timed_out(limits)
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

fn tool_message(error: &ToolError) -> String {
    if let ToolError::Failed(result) = error {
        let text: Vec<_> = result.content.iter().filter_map(text_of).collect();
        return format!("a tool failed: {}", text.join("\n"));
    }
    let kind = match error {
        ToolError::Protocol(_) => "protocol error".to_owned(),
        _ => error.case().replace('-', " "),
    };
    let text = error.text().unwrap_or_default();
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
        timeout_ms: limits.get(Limit::Timeout),
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
    fn a_message_of_any_length_is_cut_between_two_characters() {
        for letter in ["x", "ä", "…"] {
            let message = letter.repeat(100_000);
            let Outcome::Failed { message } = short(Outcome::Failed { message }) else {
                panic!("it is another outcome");
            };
            assert!(message.len() < text::LONGEST_MESSAGE + 64);
            assert!(message.contains(letter) && !message.ends_with(letter));
        }
        let message = "short".to_owned();
        let outcome = Outcome::Failed { message };
        assert_eq!(short(outcome.clone()), outcome);
    }
}
