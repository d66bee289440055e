//! Numbers of JSON as values of generated types, and back, by the host's own functions.

use mcp_codegen::numbers;
use mcp_codegen::shape::Int;
use serde_json::Number;

/// The number as an integer of this type.
pub(super) fn integer(int: Int, number: &Number) -> Result<i128, String> {
    let (least, greatest) = int.range();
    numbers::whole(number)
        .ok()
        .filter(|whole| (least..=greatest).contains(whole))
        .ok_or_else(|| format!("`{number}` does not fit in {}", int.keyword()))
}

/// The number as a double that holds it exactly.
pub(super) fn float(number: &Number) -> Result<f64, String> {
    numbers::double(number)
        .ok_or_else(|| format!("`{number}` does not fit in f64 without rounding"))
}

/// An integer as JSON.
pub(super) fn of_integer(int: i128) -> Result<Number, String> {
    let number = i64::try_from(int).map(Number::from);
    number
        .or_else(|_| u64::try_from(int).map(Number::from))
        .map_err(|_| format!("`{int}` does not fit in 64 bits"))
}

/// A double as JSON: a whole one without a fraction, as the host writes it.
pub(super) fn of_float(float: f64) -> Result<Number, String> {
    numbers::number(float).ok_or_else(|| format!("JSON has no number `{float}`"))
}
