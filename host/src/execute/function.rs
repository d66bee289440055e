//! Calls a function that the skill exports, and reads what it returned.

use serde_json::Value;
use wasmtime::Store;
use wasmtime::component::{Instance, Val};

use crate::codec;
use crate::exports::Invocation;
use crate::run::Run;

/// What an exported function returned.
pub(super) enum FunctionResult {
    /// Its value, as JSON text.
    Value(String),
    /// The error of a `result<_, E>`: JSON text, or the text itself where it is a string.
    Error(String),
    /// The contract's `tool-error` as the error: its case and its text.
    ToolError { case: String, text: String },
    /// A value that JSON does not have.
    Inexpressible(String),
}

pub(super) async fn call(
    instance: &Instance,
    store: &mut Store<Run>,
    invocation: &Invocation,
) -> wasmtime::Result<FunctionResult> {
    let function = instance
        .get_func(&mut *store, invocation.index)
        .ok_or_else(|| wasmtime::Error::msg("the exported function is not there"))?;
    let mut results = vec![Val::Bool(false); function.ty(&*store).results().len()];
    function
        .call_async(&mut *store, &invocation.arguments, &mut results)
        .await?;
    Ok(read(invocation, results.first()))
}

fn read(invocation: &Invocation, value: Option<&Val>) -> FunctionResult {
    if let Some((case, text)) = codec::returned_tool_error(&invocation.signature, value) {
        return FunctionResult::ToolError {
            case: case.to_owned(),
            text: text.to_owned(),
        };
    }
    match invocation.signature.result(value) {
        Ok(Ok(value)) => FunctionResult::Value(value.to_string()),
        Ok(Err(Value::String(text))) => FunctionResult::Error(text),
        Ok(Err(value)) => FunctionResult::Error(value.to_string()),
        Err(error) => FunctionResult::Inexpressible(error.to_string()),
    }
}
