//! The lines of a recording, in the format of `docs/recordings.md`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::limits;
use crate::rules::limits::Limits;

/// The format that the host writes, and the only one that it reads.
pub(crate) const VERSION: u32 = 1;

/// The largest recording that the host writes or reads, in bytes.
pub(crate) const MAX_BYTES: u64 = 128 << 20;

/// The most memory that the values of a recording may take in the reader, in bytes.
pub(crate) const MAX_WEIGHT: usize = 320 << 20;

/// The first line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    #[serde(rename = "mcp-host-recording")]
    pub(crate) version: u32,
    pub(crate) digest: String,
    /// The text itself, because a skill may count its spaces.
    pub(crate) input: Box<RawValue>,
    /// The exported function that was called, as `--invoke` takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invoke: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) clock: Option<String>,
    #[serde(default, with = "limits")]
    pub(crate) limits: Limits,
}

/// One host call.
pub(crate) struct Line {
    pub(crate) n: usize,
    pub(crate) call: Map<String, Value>,
    pub(crate) began: Option<u64>,
    pub(crate) ended: Option<u64>,
    /// As text: a guest may count its blanks.
    pub(crate) answer: Option<Box<RawValue>>,
}

impl Line {
    /// Takes the line apart, which was read of this text. Serde's `flatten` would, and does not know numbers of more
    /// than 64 bits.
    pub(crate) fn of(mut line: Map<String, Value>, text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct AnswerOnly<'a> {
            #[serde(borrow)]
            answer: Option<&'a RawValue>,
        }
        let mut count = |name: &str| match line.shift_remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64() {
                Some(count) => Ok(Some(count)),
                None => Err(format!("`{name}` is no whole number")),
            },
        };
        let n = count("n")?.and_then(|n| usize::try_from(n).ok());
        let (began, ended) = (count("began")?, count("ended")?);
        let answer = match line.shift_remove("answer") {
            None | Some(Value::Null) => None,
            Some(_) => {
                let read: serde_json::Result<AnswerOnly<'_>> = serde_json::from_slice(text);
                read.map_err(|error| error.to_string())?.answer
            }
        };
        Ok(Self {
            n: n.ok_or("`n` is no number of a call")?,
            call: line,
            began,
            ended,
            answer: answer.map(ToOwned::to_owned),
        })
    }
}

/// The last line.
#[derive(Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) end: bool,
    /// Its name in the JSON report.
    pub(crate) outcome: String,
    /// The fields that belong to it there.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) detail: Map<String, Value>,
    pub(crate) result: Value,
    pub(crate) fuel: u64,
    /// Of all bytes before this line, in hexadecimal.
    pub(crate) blake3: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn the_answer_of_a_call_is_the_text_that_its_guest_got() {
        let text = br#"{"n":1,"call":"log","began":1,"ended":2,"answer":{"result": {"a":  1e2}}}"#;
        let line = Line::of(serde_json::from_slice(text).unwrap(), text).unwrap();
        assert_eq!(line.answer.unwrap().get(), r#"{"result": {"a":  1e2}}"#);
        let text = br#"{"n":1,"call":"log","answer":null}"#;
        let line = Line::of(serde_json::from_slice(text).unwrap(), text).unwrap();
        assert!(line.answer.is_none());
    }
}
