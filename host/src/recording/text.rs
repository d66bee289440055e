//! JSON text on its way into a line, without a tree of it. Text that a reader of the recording could not parse is
//! written as a string, not as JSON.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How deep a value of a line may be nested: `serde_json` reads 127 levels, of which the line is one.
const DEEPEST: usize = 126;

/// The result of a run as it stands in the last line. Its line breaks are in it still: in JSON they stand between
/// tokens only, where a space says the same.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum InLine<'a> {
    Json(&'a RawValue),
    Text(&'a str),
    Nothing,
}

impl<'a> InLine<'a> {
    pub(crate) fn of(result: Option<&'a str>) -> Self {
        let Some(text) = result else {
            return Self::Nothing;
        };
        match is_readable(text).then(|| serde_json::from_str(text)) {
            Some(Ok(json)) => Self::Json(json),
            Some(Err(_)) | None => Self::Text(text),
        }
    }
}

/// JSON text without line breaks. JSON has line breaks only between tokens, where a space means the same.
pub(crate) struct OneLine<W>(pub(crate) W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut parts = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
        if let Some(first) = parts.next() {
            self.0.write_all(first)?;
        }
        for part in parts {
            self.0.write_all(b" ")?;
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether it is JSON that a reader can parse into a tree.
pub(crate) fn is_readable(text: &str) -> bool {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Levels(DEEPEST).deserialize(&mut deserializer);
    read.and_then(|()| deserializer.end()).is_ok()
}

/// Parses a value of at most this many levels, and builds nothing from it.
struct Levels(usize);

impl Levels {
    fn below<E: de::Error>(&self) -> Result<usize, E> {
        let below = self.0.checked_sub(1);
        below.ok_or_else(|| E::custom("nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let below = self.below()?;
        while items.next_element_seed(Self(below))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let below = self.below()?;
        while entries.next_key::<IgnoredAny>()?.is_some() {
            entries.next_value_seed(Self(below))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::Value;

    use super::*;

    #[test]
    fn a_line_with_any_result_can_be_read() {
        let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        for text in [
            "[1,\n {\"a\": \"b\\n\"}]",
            "1e999",
            "no JSON",
            "\"\\ud800\"",
            "",
            &deep(DEEPEST),
            &deep(DEEPEST + 1),
            &deep(100_000),
        ] {
            let result = InLine::of(Some(text));
            let line = serde_json::to_string(&serde_json::json!({ "result": result })).unwrap();
            let read: Value = serde_json::from_str(&line).unwrap();
            let whole: Option<serde_json::Value> =
                is_readable(text).then(|| serde_json::from_str(text).unwrap());
            assert_eq!(read["result"], whole.unwrap_or_else(|| text.into()));
        }
        assert_eq!(serde_json::json!(InLine::of(None)), Value::Null);
    }
}
