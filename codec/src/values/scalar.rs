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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_keeps_every_digit_of_its_text() {
        for text in [
            "9223372036854775808",
            "-123456789012345678901234567890",
            "0.12345678901234567890",
            "-0",
            "-0.0",
            "1e+400",
            "1e-400",
            "100000000000000000000000000000000000000000.5",
        ] {
            let read = number(text).map(|number| number.to_string());
            assert_eq!(read.ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn text_that_is_no_number_is_refused_with_the_text() {
        for text in ["NaN", "01", "1e", "--1", "0x10"] {
            let error = number(text).err().map(|error| error.to_string());
            let error = error.unwrap_or_default();
            assert!(error.contains(&format!("`{text}`: ")), "{text}: {error}");
        }
    }
}
