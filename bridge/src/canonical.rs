//! JSON in one form only, so that equal values have equal hashes: no blanks, and the keys of every
//! object sorted as RFC 8785 sorts them (by UTF-16 code units).
//!
//! A number is written as it was read, and a string as `serde_json` writes it. That differs from RFC 8785 in numbers
//! alone (`1.0` stays `1.0`), and on the safe side: the same number in two spellings has two hashes.

use std::io::{self, Write};

use serde_json::Value;

use crate::JsonObject;

/// Writes the value.
///
/// # Errors
///
/// Those of `out`.
pub(crate) fn write(value: &Value, out: &mut impl Write) -> io::Result<()> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Ok(serde_json::to_writer(out, value)?)
        }
        Value::Array(items) => {
            out.write_all(b"[")?;
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.write_all(b",")?;
                }
                write(item, out)?;
            }
            out.write_all(b"]")
        }
        Value::Object(object) => write_object(object, out),
    }
}

/// Writes the object.
///
/// # Errors
///
/// Those of `out`.
pub(crate) fn write_object(object: &JsonObject, out: &mut impl Write) -> io::Result<()> {
    let mut entries: Vec<(&String, &Value)> = object.iter().collect();
    // Code units are compared only where the cheaper order of bytes could differ from theirs.
    if object.keys().all(|key| key.is_ascii()) {
        entries.sort_unstable_by_key(|(key, _)| *key);
    } else {
        entries.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    }
    out.write_all(b"{")?;
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, key)?;
        out.write_all(b":")?;
        write(value, out)?;
    }
    out.write_all(b"}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn number_is_itself_to_the_last_digit() {
        let text = |text: &str| {
            let mut out = Vec::new();
            write(&serde_json::from_str(text).unwrap(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let numbers = "[123456789012345678901234567890,123456789012345678901234567891,0.10,1e+400]";
        assert_eq!(text(numbers), numbers);
    }

    #[test]
    fn order_and_blanks_do_not_matter_and_everything_else_does() {
        let text = |value: &Value| {
            let mut out = Vec::new();
            write(value, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let value: Value = serde_json::from_str(
            r#" {"b": [1, 1.0, null, {"z": "\u00e9\n", "a": true}], "a": {}, "\ud83d\ude00": 1, "\ufb33": 2} "#,
        )
        .unwrap();
        assert_eq!(
            text(&value),
            // U+1F600 is D83D DE00 in UTF-16, and so before U+FB33.
            "{\"a\":{},\"b\":[1,1.0,null,{\"a\":true,\"z\":\"é\\n\"}],\"\u{1f600}\":1,\"\u{fb33}\":2}"
        );
        assert_ne!(text(&json!({"a": "1"})), text(&json!({"a": 1})));
        assert_ne!(text(&json!([1, 2])), text(&json!([2, 1])));
    }
}
