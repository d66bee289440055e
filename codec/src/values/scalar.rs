//! Numbers as they stand in JSON text. Never rounds one: the conversion refuses what its type does not hold.

use mcp_codegen::names::shown;
use serde_json::{Number, Value};

use crate::error::ValueError;

/// The number of this text.
pub(super) fn number(text: &str) -> Result<Value, ValueError> {
    let number: Number = serde_json::from_str(text)
        .map_err(|error| ValueError::new(format!("`{}`: {error}", shown(text))))?;
    Ok(Value::Number(number))
}
