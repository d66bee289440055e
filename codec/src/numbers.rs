//! Converts JSON numbers to WIT numbers and back. Never rounds: it rejects a number that the other side cannot hold.
//! A number of JSON is its text, so no digit is lost before it comes here.

use serde_json::Number;

/// 2^53. From here on several whole numbers share one double.
const INEXACT: f64 = 9_007_199_254_740_992.0;
/// Every decimal of so many digits comes back from a double that is not subnormal.
const ALWAYS_EXACT: usize = 15;
/// No double has more significant digits than this.
const MOST_DIGITS: usize = 767;
/// The most digits of an `i128`, less one: each number of so many digits fits.
const MOST_WHOLE: usize = 38;

/// Why a number is not an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotWhole {
    /// It has a fraction.
    Fraction,
    /// No integer type is as large.
    TooLarge,
}

/// The number as an integer. `1.0` and `1e3` are integers (JSON Schema 2020-12, validation, section 6.1.1).
pub(super) fn whole(number: &Number) -> Result<i128, NotWhole> {
    if let Some(whole) = number.as_i128() {
        return Ok(whole);
    }
    let decimal = Decimal::of(number.as_str());
    if decimal.digits.is_empty() {
        return Ok(0);
    }
    match decimal.exponent {
        Exponent::Whole(zeros) if decimal.digits.len().saturating_add(zeros) <= MOST_WHOLE => {
            let sign = if decimal.negative { "-" } else { "" };
            let text = format!("{sign}{}{}", decimal.digits, "0".repeat(zeros));
            text.parse().map_err(|_| NotWhole::TooLarge)
        }
        Exponent::Whole(_) | Exponent::Huge => Err(NotWhole::TooLarge),
        Exponent::Negative => Err(NotWhole::Fraction),
    }
}

/// A decimal number: its digits without zeros at either end, and the power of ten of the last one.
struct Decimal {
    negative: bool,
    digits: String,
    exponent: Exponent,
}

/// A power of ten.
enum Exponent {
    Whole(usize),
    Negative,
    /// Beyond what an `i64` holds.
    Huge,
}

impl Decimal {
    fn of(text: &str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power),
            None => (text, "0"),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0');
        let dropped = significant.len() - digits.len();
        Self {
            negative,
            digits: digits.to_owned(),
            exponent: exponent(power, fraction.len(), dropped),
        }
    }
}

/// `power`, less the digits of the fraction, and with the zeros that were dropped at the end.
fn exponent(power: &str, fraction: usize, dropped: usize) -> Exponent {
    let Ok(power) = power.parse::<i64>() else {
        return if power.starts_with('-') {
            Exponent::Negative
        } else {
            Exponent::Huge
        };
    };
    let (Ok(fraction), Ok(dropped)) = (i64::try_from(fraction), i64::try_from(dropped)) else {
        return Exponent::Huge;
    };
    let exponent = power.saturating_sub(fraction).saturating_add(dropped);
    match usize::try_from(exponent) {
        Ok(zeros) => Exponent::Whole(zeros),
        Err(_) => Exponent::Negative,
    }
}

/// The number as a double, if a double holds it: an integer exactly, and any other number if the double, written with as
/// many digits, gives the same digits.
pub(super) fn double(number: &Number) -> Option<f64> {
    let text = number.as_str();
    let double = number.as_f64()?;
    if text.len() <= ALWAYS_EXACT && double.is_normal() {
        return Some(double);
    }
    let decimal = Decimal::of(text);
    let mut digits = decimal.digits;
    if digits.is_empty() {
        return Some(double);
    }
    if let Exponent::Whole(zeros) = decimal.exponent
        && !text.contains(['.', 'e', 'E'])
    {
        digits.push_str(&"0".repeat(zeros));
    }
    if digits.len() > MOST_DIGITS {
        return None;
    }
    let written = format!("{:.*e}", digits.len() - 1, double.abs());
    let mantissa = written.split('e').next()?.replace('.', "");
    (mantissa == digits).then_some(double)
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
    let near: f32 = number.as_str().parse().ok()?;
    let same = f64::from(near) == double || single(near)?.as_f64() == Some(double);
    same.then_some(near)
}
