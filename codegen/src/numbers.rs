//! Converts JSON numbers to WIT numbers and back, for the host and for the tests of a skill that run without it. Never
//! rounds: it rejects a number that the other side cannot hold.
//! A number of JSON is its text, so no digit is lost before it comes here.

use std::cmp::Ordering;

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
pub enum NotWhole {
    /// It has a fraction.
    Fraction,
    /// No integer type is as large.
    TooLarge,
}

/// The number as an integer. `1.0` and `1e3` are integers (JSON Schema 2020-12, validation, section 6.1.1).
///
/// # Errors
///
/// [`NotWhole`]: it has a fraction, or more digits than an `i128`.
pub fn whole(number: &Number) -> Result<i128, NotWhole> {
    if let Some(whole) = number.as_i128() {
        return Ok(whole);
    }
    let decimal = Decimal::of(number.as_str());
    if decimal.digits.is_empty() {
        return Ok(0);
    }
    match decimal.exponent {
        Exponent::Of(power) => match usize::try_from(power) {
            Ok(zeros) if decimal.digits.len().saturating_add(zeros) <= MOST_WHOLE => {
                let sign = if decimal.negative { "-" } else { "" };
                let text = format!("{sign}{}{}", decimal.digits, "0".repeat(zeros));
                text.parse().map_err(|_| NotWhole::TooLarge)
            }
            Ok(_) => Err(NotWhole::TooLarge),
            Err(_) => Err(NotWhole::Fraction),
        },
        Exponent::Huge => Err(NotWhole::TooLarge),
        Exponent::Tiny => Err(NotWhole::Fraction),
    }
}

/// Whether two numbers are one: `1`, `1.0` and `10e-1` are.
#[must_use]
pub fn same(a: &Number, b: &Number) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (Decimal::of(a.as_str()), Decimal::of(b.as_str()));
    match (a.exponent, b.exponent) {
        _ if a.digits.is_empty() || b.digits.is_empty() => a.digits == b.digits,
        (Exponent::Of(of_a), Exponent::Of(of_b)) => {
            (a.negative, a.digits, of_a) == (b.negative, b.digits, of_b)
        }
        // Nothing says how large it is.
        _ => false,
    }
}

/// Exponents beyond this are not compared.
const MOST_EXPONENT: u64 = 1 << 62;

/// The order of two numbers, exact for every digit; `None` where an exponent is too large to compare.
#[must_use]
pub fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    let (a, b) = (Decimal::of(a.as_str()), Decimal::of(b.as_str()));
    let (sign_a, sign_b) = (a.sign(), b.sign());
    if sign_a != sign_b || sign_a == 0 {
        return Some(sign_a.cmp(&sign_b));
    }
    let first_digit = |decimal: &Decimal| match decimal.exponent {
        Exponent::Of(power) if power.unsigned_abs() < MOST_EXPONENT => {
            Some(i128::from(power) + i128::try_from(decimal.digits.len()).ok()?)
        }
        Exponent::Of(_) | Exponent::Huge | Exponent::Tiny => None,
    };
    let order = first_digit(&a)?.cmp(&first_digit(&b)?);
    let order = order.then_with(|| a.digits.cmp(&b.digits));
    Some(if a.negative { order.reverse() } else { order })
}

/// A decimal number: its digits without zeros at either end, and the power of ten of the last one.
struct Decimal {
    negative: bool,
    digits: String,
    exponent: Exponent,
}

/// A power of ten.
enum Exponent {
    Of(i64),
    /// Beyond what an `i64` holds.
    Huge,
    /// The same below zero.
    Tiny,
}

impl Decimal {
    /// -1, 0 or 1.
    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

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
            Exponent::Tiny
        } else {
            Exponent::Huge
        };
    };
    let (Ok(fraction), Ok(dropped)) = (i64::try_from(fraction), i64::try_from(dropped)) else {
        return Exponent::Huge;
    };
    Exponent::Of(power.saturating_sub(fraction).saturating_add(dropped))
}

/// The number as a double, if a double holds it: an integer exactly, and any other number if the double, written with
/// as many digits, gives the same digits.
#[must_use]
pub fn double(number: &Number) -> Option<f64> {
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
    if let Exponent::Of(power) = decimal.exponent
        && let Ok(zeros) = usize::try_from(power)
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
#[must_use]
pub fn number(double: f64) -> Option<Number> {
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
#[must_use]
pub fn single(single: f32) -> Option<Number> {
    if !single.is_finite() {
        return None;
    }
    number(single.to_string().parse().ok()?)
}

/// The number as an `f32`, if one holds it exactly or has it as its shortest digits (`0.1`).
#[must_use]
pub fn to_single(number: &Number) -> Option<f32> {
    let double = double(number)?;
    // From the digits, because a conversion through a double rounds twice.
    let near: f32 = number.as_str().parse().ok()?;
    let same = f64::from(near) == double || single(near)?.as_f64() == Some(double);
    same.then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn numbers_are_ordered_by_every_digit() {
        let ascending = [
            "-1e400",
            "-9007199254740993",
            "-9007199254740992.5",
            "-9007199254740992",
            "-1",
            "-1e-400",
            "0",
            "1e-400",
            "0.09",
            "0.1",
            "1",
            "1.0000000000000000001",
            "12",
            "123",
            "13e1",
            "9007199254740992",
            "9007199254740993",
            "1e400",
            "1e4611686018427387903",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(
                    compare(&number(a), &number(b)),
                    Some(at.cmp(&other)),
                    "{a} {b}"
                );
            }
        }
        for (a, b) in [
            ("1", "1.0"),
            ("10", "1e1"),
            ("-0", "0.0"),
            ("0", "0e99999999999999999999"),
        ] {
            assert_eq!(
                compare(&number(a), &number(b)),
                Some(Ordering::Equal),
                "{a} {b}"
            );
        }
        assert_eq!(
            compare(&number("1e99999999999999999999"), &number("1")),
            None
        );
        assert_eq!(
            compare(&number("1e-99999999999999999999"), &number("1")),
            None
        );
    }

    #[test]
    fn whole_number_is_one_however_it_is_written() {
        for (text, expected) in [
            ("1e17", Ok(100_000_000_000_000_000)),
            ("1.0", Ok(1)),
            ("-0", Ok(0)),
            ("9007199254740993.0", Ok(9_007_199_254_740_993)),
            ("1e400", Err(NotWhole::TooLarge)),
            ("1e99999999999999999999", Err(NotWhole::TooLarge)),
            ("0.5", Err(NotWhole::Fraction)),
            ("1e-99999999999999999999", Err(NotWhole::Fraction)),
        ] {
            assert_eq!(whole(&number(text)), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_the_same_by_value_and_never_by_a_rounded_one() {
        for (a, b) in [
            ("1", "1.0"),
            ("1e17", "100000000000000000"),
            ("0.10", "1e-1"),
            ("-0", "0"),
            ("1E400", "10e399"),
        ] {
            assert!(same(&number(a), &number(b)), "{a} {b}");
        }
        for (a, b) in [
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.1000000000000000055511151231257827"),
            ("1", "-1"),
            ("1e400", "1e401"),
            ("0", "1e-400"),
        ] {
            assert!(!same(&number(a), &number(b)), "{a} {b}");
        }
    }
}
