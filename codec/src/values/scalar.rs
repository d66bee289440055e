//! Numbers as they stand in JSON text. Never rounds one.

use mcp_codegen::names::shown;
use serde_json::{Number, Value};

use crate::Codec;
use crate::error::ValueError;
use crate::numbers;

/// The number of this text, for a codec. An integer beyond 64 bits is only read where a double holds it exactly:
/// `serde_json` would round it.
pub(super) fn number(text: &str, codec: &Codec) -> Result<Value, ValueError> {
    let large = numbers::too_large(text, || Ok::<_, ValueError>(()))?;
    if let Some(integer) = large {
        let exact = matches!(codec, Codec::Float | Codec::Single) && is_double(integer);
        if !exact {
            let of = match codec {
                Codec::Int(int) => int.keyword(),
                Codec::Single => "f32 without rounding",
                _ => "f64 without rounding",
            };
            let integer = shown(integer);
            return Err(ValueError::new(format!("`{integer}` does not fit in {of}")));
        }
    }
    let number: Number = serde_json::from_str(text)
        .map_err(|error| ValueError::new(format!("`{}`: {error}", shown(text))))?;
    Ok(Value::Number(number))
}

/// Whether a double has exactly the value of this integer.
fn is_double(integer: &str) -> bool {
    /// The digits of the largest double.
    const DIGITS: usize = 310;
    integer.len() <= DIGITS
        && integer
            .parse::<f64>()
            .is_ok_and(|double| format!("{double:.0}") == integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_beyond_64_bits_is_read_where_a_double_holds_it() {
        let read = |text: &str, codec: &Codec| number(text, codec).is_ok();
        assert!(read("1180591620717411303424", &Codec::Float));
        assert!(!read("1180591620717411303425", &Codec::Float));
        assert!(read("-36893488147419103232", &Codec::Float));
        assert!(!read(&"9".repeat(400), &Codec::Float));
        let int = Codec::Int(mcp_codegen::shape::Int::S64);
        assert!(!read("1180591620717411303424", &int));
        assert!(read("9223372036854775807", &int));
        assert!(!read("1e999", &Codec::Float));
    }
}
