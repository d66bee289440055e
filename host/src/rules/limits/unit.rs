//! How the values of limits are written and parsed: sizes, times and counts.

use std::time::Duration;

use bytesize::ByteSize;

/// The unit of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    /// Milliseconds.
    Time,
    Count,
}

/// A value that cannot be parsed, and a hint for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// Not a size.
    #[error("`{0}` is not a size; write for example 64MiB or 67108864")]
    Size(String),
    /// A few bytes, without a unit.
    #[error(
        "`{0}` is {0} bytes, because it has no unit; write for example {0}MiB, or {0}B if bytes are meant"
    )]
    NoUnit(String),
    /// Not a time.
    #[error("`{0}` is not a time; write for example 500ms, 30s or 2m")]
    Time(String),
    /// Zero, or less than a millisecond.
    #[error("a run needs a millisecond at least; write for example 30s")]
    NoTime,
    /// Not a count.
    #[error("`{0}` is not a count; write a whole number, for example 5_000_000_000")]
    Count(String),
}

/// No limit in bytes makes sense below this. A smaller number without a unit stands for something else.
const FEW: u64 = 1024;

impl Unit {
    pub(super) fn parse(self, text: &str) -> Result<u64, BadValue> {
        match self {
            Self::Bytes => text
                .parse::<ByteSize>()
                .map_err(|_| BadValue::Size(text.to_owned()))
                .and_then(|size| match size.as_u64() {
                    1..FEW if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
                        Err(BadValue::NoUnit(text.trim().to_owned()))
                    }
                    bytes => Ok(bytes),
                }),
            Self::Time => {
                let duration =
                    humantime::parse_duration(text).map_err(|_| BadValue::Time(text.to_owned()))?;
                match millis(duration) {
                    0 => Err(BadValue::NoTime),
                    millis => Ok(millis),
                }
            }
            Self::Count => text
                .replace('_', "")
                .parse()
                .map_err(|_| BadValue::Count(text.to_owned())),
        }
    }

    /// The shortest text for exactly this value.
    pub(super) fn show(self, value: u64) -> String {
        match self {
            Self::Bytes => size(value),
            Self::Time => humantime::format_duration(Duration::from_millis(value)).to_string(),
            Self::Count => grouped(value),
        }
    }

    pub(super) fn placeholder(self) -> &'static str {
        match self {
            Self::Bytes => "SIZE",
            Self::Time => "DURATION",
            Self::Count => "N",
        }
    }
}

fn size(bytes: u64) -> String {
    let unit = [(30, "GiB"), (20, "MiB"), (10, "KiB")]
        .into_iter()
        .find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift);
    match unit {
        Some((shift, unit)) => format!("{}{unit}", bytes >> shift),
        None => bytes.to_string(),
    }
}

/// `20_000_000_000`
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
