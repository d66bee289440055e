//! Calls `run` of the script engine with a script, and makes a skill's result of what it returns: the places in its
//! errors are those of the script as it was written.

use std::fmt::Write as _;
use std::sync::Arc;

use mcp_bridge::text;
use mcp_script::{Span, render_at};
use serde::Deserialize;
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, Instance};

use super::ending::Failed;
use crate::component::skill::ScriptText;
use crate::contract::script::{
    Contents, FailureKind, Frame, ScriptFailure, ScriptOutcome, ScriptSource,
};
use crate::contract::{SkillError, ToolError};
use crate::link::Linked;
use crate::report::Outcome;
use crate::rules::limits::Stop;
use crate::run::Run;

/// Frames of a stack that an error shows.
const SHOWN: usize = 10;

/// Bytes of a message that an error shows.
const LONGEST: usize = 4_000;

/// The most warnings of one run that are kept.
const MOST_WARNINGS: usize = 10;

pub(super) async fn call(
    linked: &Linked,
    (script, run): (&ScriptText, ComponentExportIndex),
    instance: &Instance,
    store: &mut Store<Run>,
    input: &str,
) -> wasmtime::Result<(Result<String, Failed>, Vec<String>)> {
    let source = ScriptSource {
        name: Arc::clone(&script.name),
        source: Arc::clone(&script.javascript),
        modules: Arc::clone(&linked.modules),
        input,
    };
    let usage = Arc::clone(&store.data().usage);
    usage.changed.note_numbers("the input", input);
    for module in linked.modules.iter() {
        if let Contents::Json(value) = &module.contents {
            let whole = format!("\"{}\"", module.specifier);
            usage.changed.note_numbers(&whole, value);
        }
    }
    let run = instance.get_typed_func::<(ScriptSource<'_>,), (ScriptOutcome,)>(&mut *store, run)?;
    let (outcome,) = run.call_async(&mut *store, (source,)).await?;
    let value = match outcome.value {
        Ok(text) => Ok(usage
            .changed
            .well_formed("the result", text, &usage.account)
            .map_err(Stop::trap)?),
        Err(failure) => Err(failure),
    };
    let mut said = outcome.warnings;
    said.extend(usage.changed.take());
    let warnings = said.iter().take(MOST_WARNINGS);
    let warnings =
        warnings.map(|warning| format!("{}: {}", script.name, text::cut(warning, LONGEST)));
    let warnings = warnings.collect();
    Ok((
        value.map_err(|failure| Failed {
            in_call: failure.kind == FailureKind::Tool,
            error: error(script, failure),
        }),
        warnings,
    ))
}

/// A trap of the engine in words of the script's author: its backtrace names no place of the script.
pub(super) fn in_plain_words(outcome: Outcome, script: &ScriptText) -> Outcome {
    let Outcome::Trapped { message } = outcome else {
        return outcome;
    };
    let cause = message.lines().next().unwrap_or_default();
    let what = if cause.contains("call stack exhausted") {
        "the recursion is too deep: a function, a value or the text is nested without end"
            .to_owned()
    } else {
        format!("the script engine stopped: {cause}")
    };
    Outcome::Failed {
        message: format!("{}  {what}", script.name),
    }
}

/// The fields of an uncaught `ToolError` that decide the outcome.
#[derive(Deserialize)]
struct Uncaught {
    server: String,
    tool: String,
    code: String,
    message: String,
    retryable: bool,
}

fn error(script: &ScriptText, failure: ScriptFailure) -> SkillError {
    let uncaught = failure.tool_error.as_deref();
    let uncaught = uncaught.filter(|_| failure.kind == FailureKind::Tool);
    let uncaught = uncaught.and_then(|text| serde_json::from_str::<Uncaught>(text).ok());
    let Some(uncaught) = uncaught else {
        return SkillError::Failed(shown(script, &failure));
    };
    match uncaught.code.as_str() {
        "denied" => {
            let Uncaught {
                server,
                tool,
                message,
                ..
            } = &uncaught;
            let named = ScriptFailure {
                message: format!("{server}.{tool}: {message}"),
                ..failure
            };
            SkillError::Tool(ToolError::Denied(shown(script, &named)))
        }
        "budget-exhausted" => SkillError::Tool(ToolError::BudgetExhausted(uncaught.message)),
        _ => {
            let Uncaught {
                server,
                tool,
                message,
                ..
            } = &uncaught;
            let named = ScriptFailure {
                message: format!("{server}.{tool}: {message}"),
                ..failure
            };
            let retryable = if uncaught.retryable { "yes" } else { "no" };
            SkillError::Failed(format!("{}\nretryable: {retryable}", shown(script, &named)))
        }
    }
}

/// The message with its place, the line of the script, and who called it.
fn shown(script: &ScriptText, failure: &ScriptFailure) -> String {
    let message = match failure.kind {
        FailureKind::UnhandledRejection => {
            format!(
                "a promise was rejected, and nothing handles it: {}",
                failure.message
            )
        }
        FailureKind::NeverSettles => {
            "the script waits for a promise that nothing settles".to_owned()
        }
        FailureKind::Recursion => format!("{} (the recursion is too deep)", failure.message),
        _ => failure.message.clone(),
    };
    let message = text::cut(&message, LONGEST);
    let Some((first, callers)) = failure.stack.split_first() else {
        return format!("{}  {message}", script.name);
    };
    let (line, column) = script.read.original(first.line, first.column);
    let at = Span {
        line,
        column,
        length: 1,
    };
    let mut shown = render_at(&script.name, &script.text, at, &message);
    for frame in callers.iter().take(SHOWN) {
        let Frame {
            function,
            line,
            column,
        } = frame;
        let (line, column) = script.read.original(*line, *column);
        let function = match function.as_str() {
            "" => "the script".into(),
            function => text::short(function, 100),
        };
        let _ = write!(
            shown,
            "\n    at {function} ({}:{line}:{column})",
            script.name
        );
    }
    shown
}
