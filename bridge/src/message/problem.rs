//! Says what is wrong with a text that is no MCP message: its encoding, a value that JSON does not have, or its
//! members.

use serde_json::Error;

use super::loose;
use crate::reserved;
use crate::text::mebibytes;

/// Values of other languages that are written where JSON has none.
const NO_JSON: [&str; 5] = ["NaN", "-Infinity", "Infinity", "undefined", "None"];

/// Why a text is no message, or none that is read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the answer is not an MCP message: {0}")]
    Text(String),
    /// Of `tools/call`: which member makes it unusable.
    #[error("{0}")]
    NotAResult(String),
    #[error(
        "the answer is not an MCP message: it has a member whose name starts with `{}`",
        reserved::PREFIX
    )]
    Reserved,
    /// The answer to `initialize`, which says what it lacks.
    #[error("its answer to `initialize` {0}")]
    Opening(String),
    #[error("the answer would take more than {} of memory", mebibytes(*.0))]
    TooMuchMemory(usize),
    #[error("the page does not fit beside the pages before it")]
    Listed,
}

impl Problem {
    /// What is wrong with a text that the parser refused with this error.
    pub(super) fn of(text: &[u8], error: &Error) -> Self {
        Self::Text(
            encoding(text)
                .or_else(|| batch(text))
                .or_else(|| no_json(text, error))
                .or_else(|| loose::fault(text).filter(|_| error.is_data()))
                .unwrap_or_else(|| error.to_string()),
        )
    }
}

/// The encoding, where it is not UTF-8.
fn encoding(text: &[u8]) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    let is_wide = text.starts_with(b"\xff\xfe")
        || text.starts_with(b"\xfe\xff")
        || matches!(text, [0, b'{' | b'[', ..] | [b'{' | b'[', 0, ..]);
    if is_wide {
        return Some("it is encoded in UTF-16, and must be in UTF-8".to_owned());
    }
    let invalid = std::str::from_utf8(text).err()?;
    let at = invalid.valid_up_to() + 1;
    Some(format!("byte {at} of it is not UTF-8, which it must be in"))
}

fn batch(text: &[u8]) -> Option<String> {
    let many = serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    (text.starts_with(b"[") && many)
        .then(|| "it is a list, and must be one message (a batch is not asked for)".to_owned())
}

/// The value at which the parser gave up, where it is a well-known one that JSON does not have.
fn no_json(text: &[u8], error: &Error) -> Option<String> {
    let line = error.line().checked_sub(1)?;
    let line = text.split(|byte| *byte == b'\n').nth(line)?;
    // The parser has looked at up to two characters of the value.
    let value = (0..=3)
        .rev()
        .filter_map(|back| line.get(error.column().checked_sub(back)?..))
        .find_map(|rest| {
            NO_JSON
                .iter()
                .find(|value| rest.starts_with(value.as_bytes()))
        })?;
    let (line, column) = (error.line(), error.column());
    Some(format!(
        "it has the value `{value}`, which JSON does not have (line {line}, column {column})"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::message::unwrapped;

    fn problem(text: &[u8]) -> String {
        let text = unwrapped(text);
        let error = serde_json::from_slice::<super::super::ServerJsonRpcMessage>(text);
        Problem::of(text, &error.unwrap_err()).to_string()
    }

    #[test]
    fn text_in_another_encoding_is_told_by_its_name() {
        let wide: Vec<u8> = "{\"a\":1}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let marked = [b"\xff\xfe".as_slice(), &wide].concat();
        for text in [wide, marked] {
            assert_eq!(
                problem(&text),
                "the answer is not an MCP message: it is encoded in UTF-16, and must be in UTF-8"
            );
        }
        assert_eq!(
            problem(b"{\"a\":\"menu\xe9\"}"),
            "the answer is not an MCP message: byte 11 of it is not UTF-8, which it must be in"
        );
        assert_eq!(
            problem(b"  "),
            "the answer is not an MCP message: it is empty"
        );
    }

    #[test]
    fn value_that_json_does_not_have_is_named() {
        for value in NO_JSON {
            let text =
                format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\n\"result\":{{\"a\":[1,{value}]}}}}");
            let problem = problem(text.as_bytes());
            assert!(
                problem.contains(&format!(
                    "it has the value `{value}`, which JSON does not have (line 2, "
                )),
                "{problem}"
            );
        }
        assert!(
            problem(b"{\"a\":x}").contains("expected value"),
            "nothing is invented"
        );
    }

    #[test]
    fn batch_is_told_by_its_name() {
        assert!(problem(b"[{},{}]").contains("it is a list, and must be one message"));
    }
}
