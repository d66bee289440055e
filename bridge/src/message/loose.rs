//! Answers whose envelope is not as JSON-RPC 2.0 has it, and whose result or error is plain all the same: no `jsonrpc`,
//! `"error": null` beside a result, `"result": null` beside an error, a `method`. And what is wrong with the others.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::memory;
use crate::text;

/// How much of a server's words a problem quotes, in bytes.
const LONGEST_WORDS: usize = 1_000;
/// How much of a wrong `jsonrpc` is shown, in bytes.
const SHOWN: usize = 40;

/// The members of one message, as text.
#[derive(Default)]
struct Loose<'a> {
    version: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    has_others: bool,
}

/// The text of the answer as JSON-RPC has it, if it is one that was written loosely, and what is loose about it.
pub(super) fn answer(text: &[u8]) -> Option<(Vec<u8>, String)> {
    let loose = Loose::of(text)?;
    let id = present(loose.id)?.get();
    // A line of a log has an id and an error at times, and other members then.
    let names_version = loose.version.is_some();
    if !names_version && (loose.has_others || loose.method.is_some()) {
        return None;
    }
    let (member, value) = match (present(loose.result), present(loose.error)) {
        (Some(result), None) => ("result", result),
        (None, Some(error)) => ("error", error),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let value = value.get();
    let strict = format!(r#"{{"jsonrpc":"2.0","id":{id},"{member}":{value}}}"#);
    Some((strict.into_bytes(), loose.flaw()))
}

/// What keeps a message from being one, where that is a member of it.
pub(super) fn fault(text: &[u8]) -> Option<String> {
    let loose = Loose::of(text)?;
    let error = present(loose.error).map(|error| serde_json::from_str::<Value>(error.get()));
    let error = match error {
        None if present(loose.method).is_some() => return None,
        None if loose.result.is_none() => {
            return Some("it has neither a `result` nor an `error`".to_owned());
        }
        None => None,
        Some(error) => Some(error.ok()?),
    };
    let why = match (&error, present(loose.result)) {
        (Some(_), Some(_)) => "it has both a `result` and an `error`".to_owned(),
        (Some(error), None) => of_error(error).or_else(|| of_id(&loose))?,
        (None, _) => of_id(&loose)?,
    };
    Some(match error.as_ref().and_then(words) {
        Some(words) => format!("{why}: {}", text::short(&words, LONGEST_WORDS)),
        None => why,
    })
}

fn of_id(loose: &Loose<'_>) -> Option<String> {
    present(loose.id)
        .is_none()
        .then(|| "it has no `id`".to_owned())
}

/// What is wrong with an error.
fn of_error(error: &Value) -> Option<String> {
    let Value::Object(error) = error else {
        return Some(format!(
            "its `error` is {}, not an object with `code` and `message`",
            kind(error)
        ));
    };
    let misfit = |member: &str, wanted: &str, fits: fn(&Value) -> bool| match error.get(member) {
        None => Some(format!("its `error` has no `{member}`")),
        Some(value) if !fits(value) => Some(format!(
            "`{member}` of its `error` is {}, not {wanted}",
            kind(value)
        )),
        Some(_) => None,
    };
    let is_code = |value: &Value| {
        value
            .as_i64()
            .is_some_and(|code| i32::try_from(code).is_ok())
    };
    misfit("code", "a whole number of 32 bits", is_code)
        .or_else(|| misfit("message", "a text", Value::is_string))
}

/// What the server says in its error.
fn words(error: &Value) -> Option<String> {
    match error {
        Value::String(words) => Some(words.clone()),
        Value::Object(members) => match members.get("message") {
            Some(Value::String(words)) => Some(words.clone()),
            _ => (!members.is_empty()).then(|| error.to_string()),
        },
        _ => Some(error.to_string()),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The value, unless it is `null`.
fn present(value: Option<&RawValue>) -> Option<&RawValue> {
    value.filter(|value| value.get() != "null")
}

impl<'a> Loose<'a> {
    /// Which member is not as JSON-RPC has it.
    fn flaw(&self) -> String {
        match (self.version.map(RawValue::get), self.result, self.error) {
            (None, ..) => "`jsonrpc` of it is missing".to_owned(),
            (Some(other), ..) if other != "\"2.0\"" => {
                format!(
                    "`jsonrpc` of it is {}, not \"2.0\"",
                    text::short(other, SHOWN)
                )
            }
            _ if self.method.is_some() => "it has a `method` beside its answer".to_owned(),
            (_, Some(_), Some(error)) if error.get() == "null" => {
                "`error` of it is null beside a `result`".to_owned()
            }
            (_, Some(_), Some(_)) => "`result` of it is null beside an `error`".to_owned(),
            _ => "it has other members".to_owned(),
        }
    }

    fn of(text: &'a [u8]) -> Option<Self> {
        if memory::is_too_deep(text) {
            return None;
        }
        serde_json::from_slice(text).ok()
    }
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Loose<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<'de>, A::Error> {
                let mut loose = Loose::default();
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    let place = match &*key {
                        "jsonrpc" => &mut loose.version,
                        "id" => &mut loose.id,
                        "method" => &mut loose.method,
                        "result" => &mut loose.result,
                        "error" => &mut loose.error,
                        _ => {
                            loose.has_others = true;
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if place.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom("a member is there twice"));
                    }
                }
                Ok(loose)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn answer_that_is_plain_is_written_as_json_rpc_has_it() {
        let result = r#"{"jsonrpc":"2.0","id":7,"result":{"a":[1]}}"#;
        let error = r#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}}"#;
        for (loose, strict) in [
            (r#"{"id":7,"result":{"a":[1]}}"#, result),
            (r#"{"jsonrpc":"1.0","id":7,"result":{"a":[1]}}"#, result),
            (r#"{"jsonrpc":2.0,"id":7,"result":{"a":[1]},"x":1}"#, result),
            (
                r#"{"jsonrpc":"2.0","id":7,"error":null,"result":{"a":[1]}}"#,
                result,
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":null,"result":{"a":[1]}}"#,
                result,
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","result":{"a":[1]}}"#,
                result,
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"result":null,"error":{"code":1,"message":"m"}}"#,
                error,
            ),
        ] {
            let (written, _) = answer(loose.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), strict, "{loose}");
        }
    }

    #[test]
    fn member_that_is_loose_is_named() {
        for (members, says) in [
            (r#""result":1"#, "`jsonrpc` of it is missing"),
            (
                r#""jsonrpc":2.0,"result":1"#,
                "`jsonrpc` of it is 2.0, not \"2.0\"",
            ),
            (
                r#""jsonrpc":"2.0","method":"tools/call","result":1"#,
                "it has a `method` beside its answer",
            ),
            (
                r#""jsonrpc":"2.0","error":null,"result":1"#,
                "`error` of it is null beside a `result`",
            ),
            (
                r#""jsonrpc":"2.0","result":null,"error":{}"#,
                "`result` of it is null beside an `error`",
            ),
        ] {
            let (_, flaw) = answer(format!("{{\"id\":7,{members}}}").as_bytes()).unwrap();
            assert_eq!(flaw, says, "{members}");
        }
    }

    #[test]
    fn line_of_a_log_and_a_request_are_no_answers() {
        for text in [
            r#"{"id":7,"error":"refused","level":50}"#,
            r#"{"id":7,"result":1,"msg":"done"}"#,
            r#"{"id":7,"method":"roots/list","result":1}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"roots/list"}"#,
            r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
            r#"{"jsonrpc":"2.0","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":1,"error":2}"#,
            r#"{"jsonrpc":"1.0","id":7,"id":8,"result":1}"#,
            "[]",
            "text",
        ] {
            assert_eq!(answer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn member_that_is_wrong_is_named_with_the_words_of_the_server() {
        let with = |members: &str| fault(format!("{{\"jsonrpc\":\"2.0\",{members}}}").as_bytes());
        for (members, says) in [
            (
                r#""id":7,"error":"it broke""#,
                "its `error` is a text, not an object with `code` and `message`: it broke",
            ),
            (
                r#""id":7,"error":{"message":"it broke"}"#,
                "its `error` has no `code`: it broke",
            ),
            (
                r#""id":7,"error":{"code":"E1","message":"it broke"}"#,
                "`code` of its `error` is a text, not a whole number of 32 bits: it broke",
            ),
            (
                r#""id":7,"error":{"code":99999999999,"message":"it broke"}"#,
                "`code` of its `error` is a number, not a whole number of 32 bits: it broke",
            ),
            (
                r#""id":7,"error":{"code":-5,"message":{"text":"it broke"}}"#,
                "`message` of its `error` is an object, not a text: {\"code\":-5,\"message\":{\"text\":\"it broke\"}}",
            ),
            (r#""id":7,"error":{}"#, "its `error` has no `code`"),
            (
                r#""id":7,"result":{},"error":{"code":1,"message":"it broke"}"#,
                "it has both a `result` and an `error`: it broke",
            ),
            (
                r#""error":"limited","status":429"#,
                "its `error` is a text, not an object with `code` and `message`: limited",
            ),
            (r#""result":{}"#, "it has no `id`"),
            (
                r#""content":[]"#,
                "it has neither a `result` nor an `error`",
            ),
        ] {
            assert_eq!(with(members).as_deref(), Some(says), "{members}");
        }
        assert_eq!(with(r#""id":7,"result":{}"#), None);
        assert_eq!(with(r#""id":7,"method":"x""#), None);
    }
}
