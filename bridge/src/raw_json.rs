//! A JSON value as its text, so that what a server sent is passed on as the server wrote it. Builds no tree unless the
//! caller asks for one.

use std::fmt;

use rmcp::model::JsonObject;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// The text of one JSON value, checked for its syntax.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The text of the value, without white space around it.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// The value as a tree, which takes many times the memory of its text.
    ///
    /// # Errors
    ///
    /// If the value is nested more than 127 deep, or has a number that is out of the range of a double.
    pub fn value(&self) -> serde_json::Result<Value> {
        serde_json::from_str(self.get())
    }

    /// The same text with U+FFFD for each half of a surrogate pair: most parsers refuse those.
    pub(crate) fn mended(text: &RawValue) -> Self {
        let Some(mut at) = next_half(text.get().as_bytes(), 0) else {
            return Self(text.to_owned());
        };
        let mut mended = text.get().as_bytes().to_vec();
        while let Some(half) = next_half(&mended, at) {
            at = half + REPLACEMENT.len();
            mended[half..at].copy_from_slice(REPLACEMENT);
        }
        // An escape took the place of another one.
        let mended = String::from_utf8(mended).ok().map(Self::from_text);
        match mended {
            Some(Ok(mended)) => mended,
            _ => Self(text.to_owned()),
        }
    }

    /// The string that the value is, if it is one.
    #[must_use]
    pub fn as_string(&self) -> Option<String> {
        self.get().starts_with('"').then(|| json_string(&self.0))
    }

    /// Checks the syntax of the text.
    ///
    /// # Errors
    ///
    /// If the text is not one JSON value.
    pub fn from_text(text: String) -> serde_json::Result<Self> {
        RawValue::from_string(text).map(Self)
    }
}

impl From<Value> for RawJson {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl From<&Value> for RawJson {
    fn from(value: &Value) -> Self {
        // A tree can always be written as JSON.
        let text = serde_json::value::to_raw_value(value);
        Self(text.unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl From<JsonObject> for RawJson {
    fn from(object: JsonObject) -> Self {
        Self::from(Value::Object(object))
    }
}

impl From<&RawValue> for RawJson {
    fn from(text: &RawValue) -> Self {
        Self(text.to_owned())
    }
}

impl From<Box<RawValue>> for RawJson {
    fn from(text: Box<RawValue>) -> Self {
        Self(text)
    }
}

impl From<RawJson> for String {
    fn from(json: RawJson) -> Self {
        Box::<str>::from(json.0).into_string()
    }
}

/// Two texts are equal where they are the same value.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
            || matches!((self.value(), other.value()), (Ok(left), Ok(right)) if left == right)
    }
}

impl PartialEq<Value> for RawJson {
    fn eq(&self, other: &Value) -> bool {
        self.value().is_ok_and(|value| value == *other)
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.get())
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.get())
    }
}

/// The string that a JSON string says, put together once, in its own memory. Half of a surrogate pair becomes U+FFFD.
#[must_use]
pub fn json_string(string: &RawValue) -> String {
    let text = string.get();
    let text = text.strip_prefix('"').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        out.push_str(plain);
        let (letter, length) = escaped(escape);
        out.push(letter);
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The escape of U+FFFD, which is as long as that of a half of a pair.
const REPLACEMENT: &[u8] = br"\ufffd";

/// Where a JSON text has the next escape for half of a surrogate pair.
fn next_half(text: &[u8], from: usize) -> Option<usize> {
    let unit = |at: usize| {
        let escape = text
            .get(at..at + REPLACEMENT.len())
            .filter(|escape| escape.starts_with(br"\u"))?;
        u16::from_str_radix(std::str::from_utf8(&escape[2..]).ok()?, 16).ok()
    };
    let mut at = from;
    // A backslash stands in strings alone.
    while let Some(next) = text.get(at..)?.iter().position(|byte| *byte == b'\\') {
        at += next;
        at += match (unit(at), unit(at + 6)) {
            (None, _) => 2,
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => return Some(at),
            (Some(_), _) => 6,
        };
    }
    None
}

/// The character that an escape stands for, and how long the escape is.
fn escaped(escape: &str) -> (char, usize) {
    let letter = match escape.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unit(escape),
        // A quotation mark, a backslash or a slash.
        Some(other) => char::from(*other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (letter, 2)
}

/// The same for `\u`.
fn unit(escape: &str) -> (char, usize) {
    let hex = |at: usize| {
        let digits = escape.get(at..at + 4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = hex(2).unwrap_or(0xfffd);
    let second = escape.get(6..8).filter(|next| *next == "\\u");
    let pair = second.and_then(|_| hex(8)).map(|second| [first, second]);
    let decoded = |units: &[u16]| char::decode_utf16(units.iter().copied()).next()?.ok();
    if let Some(letter) = decoded(&[first]) {
        return (letter, 6);
    }
    match pair.and_then(|pair| decoded(&pair)) {
        Some(letter) => (letter, 12),
        None => (char::REPLACEMENT_CHARACTER, 6),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn text_stays_as_it_was_written() {
        let written = r#"{"n": 123456789012345678901234567890, "d": 1.50, "a":[ ]}"#;
        let json = RawJson::from_text(format!(" {written}\n")).unwrap();
        assert_eq!(json.get(), written);
        assert_eq!(serde_json::to_string(&json).unwrap(), written);
        assert_eq!(String::from(json), written);
        RawJson::from_text("{".to_owned()).unwrap_err();
    }

    #[test]
    fn half_of_a_pair_in_a_text_that_is_passed_on_becomes_a_replacement_character() {
        let mended = |text: &str| {
            let text = RawValue::from_string(text.to_owned()).unwrap();
            RawJson::mended(&text).to_string()
        };
        let good = r#"{"\ud83d\ude00": "\\ud800 \u0041", "n": [1.50]}"#;
        assert_eq!(mended(good), good);
        assert_eq!(
            mended(r#"["\ud83d", "\uDE00\ud83d\ude00"]"#),
            r#"["\ufffd", "\ufffd\ud83d\ude00"]"#
        );
        assert_eq!(mended(r#""\ud83d\ud83d\ude00""#), r#""\ufffd\ud83d\ude00""#);
    }

    #[test]
    fn texts_of_the_same_value_are_equal() {
        let spaced = RawJson::from_text(r#"{"b": 1, "a": [true]}"#.to_owned()).unwrap();
        assert_eq!(spaced, RawJson::from(json!({"a": [true], "b": 1})));
        assert_eq!(spaced, json!({"a": [true], "b": 1}));
        assert_ne!(spaced, RawJson::from(json!({"a": [false], "b": 1})));
    }

    #[test]
    fn half_of_a_pair_becomes_a_replacement_character() {
        let string =
            |text: &str| json_string(&RawValue::from_string(format!("\"{text}\"")).unwrap());
        assert_eq!(string(r"a\ud800b\\"), "a\u{fffd}b\\");
        assert_eq!(string(r"\ud800\u0041"), "\u{fffd}A");
        assert_eq!(string(r"\ude00\ud83d\ude00"), "\u{fffd}\u{1f600}");
        assert_eq!(string(r#"\"\""#), "\"\"");
    }
}
