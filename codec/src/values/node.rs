//! One value on its own: how much memory it takes in the guest, and what an error calls it in JSON.

use serde_json::Value;
use wasmtime::component::Val;

/// The size of one guest value, in a box of its own or as an element of a list, which may have twice the room that it
/// needs.
pub(super) const NODE: usize = 2 * size_of::<Val>();

/// The additional size of a list with its first item: it has room for four.
pub(super) const FIRST_ITEM: usize = 4 * size_of::<Val>();

/// The error of a value that must exist.
pub(super) const ABSENT: &str = "required, but absent";

/// The value in an error.
pub(super) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(_) => "a string".into(),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}
