//! Converts numbers of JSON to numbers of WIT, and back. Never rounds, as the host does not.

use mcp_codegen::shape::Int;
use serde_json::Number;

/// 2^53. From here on several whole numbers share one double.
const INEXACT: f64 = 9_007_199_254_740_992.0;

/// Why a number is not an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotWhole {
    Fraction,
    /// Several integers share its double.
    Inexact,
}

/// The number as an integer; `1.0` is one.
pub(super) fn whole(number: &Number) -> Result<i128, NotWhole> {
    if let Some(int) = number.as_i128() {
        return Ok(int);
    }
    match number.as_f64() {
        Some(float) if float.fract() != 0.0 => Err(NotWhole::Fraction),
        Some(float) if float.abs() < INEXACT =>
        {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "whole and within 2^53, as was just checked"
            )]
            Ok(float as i128)
        }
        _ => Err(NotWhole::Inexact),
    }
}

/// The number as an integer of this type.
pub(super) fn integer(int: Int, number: &Number) -> Result<i128, String> {
    let (least, greatest) = int.range();
    whole(number)
        .ok()
        .filter(|whole| (least..=greatest).contains(whole))
        .ok_or_else(|| format!("`{number}` does not fit in {}", int.keyword()))
}

/// The number as a double that holds it exactly.
pub(super) fn float(number: &Number) -> Result<f64, String> {
    let exact = number.as_i128().is_none_or(|int| {
        let magnitude = int.unsigned_abs();
        let unused = magnitude
            .leading_zeros()
            .saturating_add(magnitude.trailing_zeros());
        u128::BITS.saturating_sub(unused) <= f64::MANTISSA_DIGITS
    });
    number
        .as_f64()
        .filter(|_| exact)
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
    let negative_zero = float == 0.0 && float.is_sign_negative();
    if float.fract() == 0.0 && float.abs() < INEXACT && !negative_zero {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole and within 2^53, as was just checked"
        )]
        return Ok((float as i64).into());
    }
    Number::from_f64(float).ok_or_else(|| format!("JSON has no number `{float}`"))
}
