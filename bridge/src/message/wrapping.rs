//! Takes a message out of what some servers put around it: blanks, a byte order mark, a list of one, another message
//! behind it. Reads no member of it.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text without blanks and a byte order mark around it; of a list of one, the one.
pub(crate) fn unwrapped(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    let text = text.strip_prefix(MARK).unwrap_or(text).trim_ascii();
    if !text.starts_with(b"[") {
        return text;
    }
    match serde_json::from_slice::<(&RawValue,)>(text) {
        Ok((one,)) if one.get().starts_with('{') => one.get().as_bytes(),
        _ => text,
    }
}

/// How many bytes the first of several messages takes that stand in one text, which begins with it.
pub(crate) fn first_of_several(text: &[u8]) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let end = values.byte_offset();
    (!text.get(end..)?.trim_ascii().is_empty()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_message_is_taken_off() {
        for text in [
            "{\"a\":[1]}",
            " {\"a\":[1]}\r\n",
            "\u{feff}{\"a\":[1]}",
            "[{\"a\":[1]}]",
            "\u{feff} [ {\"a\":[1]} ]\n",
        ] {
            assert_eq!(unwrapped(text.as_bytes()), b"{\"a\":[1]}", "{text:?}");
        }
        for text in ["[1]", "[{},{}]", "[", "\"a\"", ""] {
            assert_eq!(unwrapped(text.as_bytes()), text.as_bytes());
        }
    }

    #[test]
    fn end_of_the_first_message_is_found() {
        assert_eq!(first_of_several(b"{\"a\":\"}\"}{\"b\":2}"), Some(9));
        assert_eq!(first_of_several(b"{} text"), Some(2));
        for text in ["{}", "{} ", "{", "", "x"] {
            assert_eq!(first_of_several(text.as_bytes()), None, "{text:?}");
        }
    }
}
