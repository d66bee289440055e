//! Converts JSON numbers to WIT numbers and back. Never rounds: it rejects a number that the other side cannot hold
//! exactly.

use serde_json::Number;

/// 2^53. From here on several whole numbers share one double.
const INEXACT: f64 = 9_007_199_254_740_992.0;

/// Why a number is not an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotWhole {
    /// It has a fraction.
    Fraction,
    /// It is written as a float (`1e17`), and so large that several integers share its double.
    Inexact,
}

/// The number as an integer. `1.0` is an integer (JSON Schema 2020-12, validation, section 6.1.1).
pub(super) fn whole(number: &Number) -> Result<i128, NotWhole> {
    if let Some(whole) = number.as_i128() {
        return Ok(whole);
    }
    let float = number.as_f64().ok_or(NotWhole::Inexact)?;
    if float.fract() != 0.0 {
        return Err(NotWhole::Fraction);
    }
    if float.abs() >= INEXACT {
        return Err(NotWhole::Inexact);
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "whole and within 2^53, as was just checked"
    )]
    Ok(float as i128)
}

/// The number as a double, if a double holds it exactly.
pub(super) fn double(number: &Number) -> Option<f64> {
    if let Some(whole) = number.as_i128() {
        let magnitude = whole.unsigned_abs();
        let significant = 128_u32
            .saturating_sub(magnitude.leading_zeros())
            .saturating_sub(magnitude.trailing_zeros());
        if significant > f64::MANTISSA_DIGITS {
            return None;
        }
    }
    number.as_f64()
}

/// The double as JSON; `None` for infinities and NaN. Integers are written `5`, not `5.0`: both mean the same number,
/// and every reader accepts the first.
pub(super) fn number(double: f64) -> Option<Number> {
    let negative_zero = double == 0.0 && double.is_sign_negative();
    if double.fract() == 0.0 && double.abs() < INEXACT && !negative_zero {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole and within 2^53, as was just checked"
        )]
        return Some((double as i64).into());
    }
    Number::from_f64(double)
}

/// The `f32` as JSON, with its own shortest digits: `0.1`, not the `0.10000000149011612` of its double.
pub(super) fn single(single: f32) -> Option<Number> {
    if !single.is_finite() {
        return None;
    }
    number(single.to_string().parse().ok()?)
}

/// The number as an `f32`, if one holds it exactly or has it as its shortest digits (`0.1`).
pub(super) fn to_single(number: &Number) -> Option<f32> {
    let double = double(number)?;
    // From the digits, because a conversion through a double rounds twice.
    let near: f32 = number.to_string().parse().ok()?;
    let same = f64::from(near) == double || single(near)?.as_f64() == Some(double);
    same.then_some(near)
}

/// The first integer in a JSON text that neither `i64` nor `u64` holds. The parser would round it to a double. Calls
/// `in_time` now and then to check the deadline.
pub(super) fn too_large<E>(
    text: &str,
    mut in_time: impl FnMut() -> Result<(), E>,
) -> Result<Option<&str>, E> {
    /// Bytes between two checks of the clock.
    const SLICE: usize = 64 << 10;
    /// No shorter text holds a number that is too large.
    const SUSPICIOUS: usize = 19;
    let bytes = text.as_bytes();
    let (mut at, mut next) = (0, SLICE);
    while at < bytes.len() {
        if at >= next {
            in_time()?;
            next = at + SLICE;
        }
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..]
                    .iter()
                    .take_while(|byte| {
                        matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
                    })
                    .count();
                let number = &text[at..at + length];
                let integer = !number.contains(['.', 'e', 'E']);
                if length >= SUSPICIOUS
                    && integer
                    && number.parse::<i64>().is_err()
                    && number.parse::<u64>().is_err()
                {
                    return Ok(Some(number));
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    Ok(None)
}
