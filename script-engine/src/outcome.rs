//! What is said of a script that failed: kind, message, and its own frames.

use rquickjs::{Array, Ctx, Value};

use crate::{
    bindings::mcp::script::types::{Failure, FailureKind, Frame},
    engine,
};

/// A report has so many frames.
const FRAMES: usize = 20;

/// The failure that a thrown value is.
pub(crate) fn of_value<'js>(ctx: &Ctx<'js>, script: &str, value: Value<'js>) -> Failure {
    match describe(ctx, value) {
        Ok((kind, message, stack, tool_error)) => Failure {
            kind,
            message,
            stack: frames(&stack, script),
            tool_error,
        },
        Err(_) => {
            ctx.catch();
            plain(
                FailureKind::Exception,
                "a value was thrown that cannot be shown".to_owned(),
            )
        }
    }
}

/// The failure that an error of the engine is; what was thrown is taken from the context.
pub(crate) fn of_error(ctx: &Ctx<'_>, script: &str, error: &rquickjs::Error) -> Failure {
    if error.is_exception() {
        return of_value(ctx, script, ctx.catch());
    }
    plain(FailureKind::Exception, error.to_string())
}

/// A failure without a place.
pub(crate) fn plain(kind: FailureKind, message: String) -> Failure {
    Failure {
        kind,
        message,
        stack: Vec::new(),
        tool_error: None,
    }
}

fn describe<'js>(
    ctx: &Ctx<'js>,
    value: Value<'js>,
) -> rquickjs::Result<(FailureKind, String, String, Option<String>)> {
    let described: Array = engine::hook(ctx, "describe")?.call((value,))?;
    let kind = match described.get::<String>(0)?.as_str() {
        "tool" => FailureKind::Tool,
        "out-of-memory" => FailureKind::OutOfMemory,
        "recursion" => FailureKind::Recursion,
        _ => FailureKind::Exception,
    };
    Ok((
        kind,
        described.get(1)?,
        described.get(2)?,
        described.get(3)?,
    ))
}

/// The frames of the script in the text of a stack: `    at NAME (FILE:LINE:COLUMN)` or `    at FILE:LINE:COLUMN`.
fn frames(stack: &str, script: &str) -> Vec<Frame> {
    stack
        .lines()
        .filter_map(|line| frame(line, script))
        .take(FRAMES)
        .collect()
}

fn frame(line: &str, script: &str) -> Option<Frame> {
    let line = line.trim_start().strip_prefix("at ")?;
    let (function, place) = match line.strip_suffix(')') {
        // A function can have any name: its place is the last of its kind.
        Some(line) => {
            let open = line.rfind(&format!("({script}:"))?;
            (line[..open].trim_end(), &line[open + 1..])
        }
        None => ("", line),
    };
    let (line, column) = place
        .strip_prefix(script)?
        .strip_prefix(':')?
        .split_once(':')?;
    let function = if function == "<anonymous>" {
        ""
    } else {
        function
    };
    Some(Frame {
        function: function.chars().take(100).collect(),
        line: line.parse().ok()?,
        column: column.parse().ok()?,
    })
}

/// What of the result JSON does not keep, in sentences. A value that throws when it is looked at has none.
pub(crate) fn lost<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Vec<String> {
    if !value.is_object() && !value.is_number() {
        return Vec::new();
    }
    let said = engine::hook(ctx, "lost").and_then(|lost| lost.call((value.clone(),)));
    said.unwrap_or_else(|_| {
        ctx.catch();
        Vec::new()
    })
}
