//! Calls a function that the skill exports, and reads its result.

use serde_json::Value;
use wasmtime::Store;
use wasmtime::component::{Instance, Val};

use crate::component::exports::Invocation;
use crate::rules::limits::{DeadlinePassed, Spend, Stop};
use crate::run::Run;
use mcp_codec::{self as codec, json};

/// What an exported function returned.
pub(super) enum FunctionResult {
    /// Its value, as JSON text.
    Value(String),
    /// The error of a `result<_, E>`: JSON text, or the text itself where it is a string.
    Error(String),
    /// The contract's `tool-error` as the error: its case and its text.
    ToolError { case: String, text: String },
    /// A value for whose text the run has too little memory.
    TooLarge,
    /// A value that JSON cannot express.
    Inexpressible(String),
}

pub(super) async fn call(
    instance: &Instance,
    store: &mut Store<Run>,
    invocation: &Invocation,
) -> wasmtime::Result<FunctionResult> {
    let function = instance
        .get_func(&mut *store, invocation.index)
        .ok_or_else(|| wasmtime::Error::msg("the instance lacks the exported function"))?;
    let mut results = vec![Val::Bool(false); function.ty(&*store).results().len()];
    function
        .call_async(&mut *store, &invocation.arguments, &mut results)
        .await?;
    // Taken to the end: the run is over when this is written.
    let mut spend = Spend::of(&store.data().usage.account);
    let read = read(invocation, results.first(), &mut spend);
    match read {
        Err(Stop::Deadline) => Err(wasmtime::Error::new(DeadlinePassed)),
        Err(Stop::Memory) => Ok(FunctionResult::TooLarge),
        Ok(read) => Ok(read),
    }
}

fn read(
    invocation: &Invocation,
    value: Option<&Val>,
    spend: &mut Spend<'_>,
) -> Result<FunctionResult, Stop> {
    if let Some((case, text)) = codec::returned_tool_error(&invocation.signature, value) {
        return Ok(FunctionResult::ToolError {
            case: case.to_owned(),
            text: text.to_owned(),
        });
    }
    let result = invocation.signature.result(value, spend);
    let mut written = |value: Value| {
        spend.take(json::size(&value))?;
        Ok(value.to_string())
    };
    match result {
        Ok(Ok(value)) => written(value).map(FunctionResult::Value),
        Ok(Err(Value::String(text))) => Ok(FunctionResult::Error(text)),
        Ok(Err(value)) => written(value).map(FunctionResult::Error),
        Err(error) => match error.stop() {
            Some(stop) => Err(stop),
            None => Ok(FunctionResult::Inexpressible(error.to_string())),
        },
    }
}
