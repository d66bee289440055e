//! JSON pointers (RFC 6901) into the arguments of a call. Finds one value, and changes none.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

/// A pointer to one argument, or to a part of one: `/path`, `/options/force`, `/files/0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    first: String,
    rest: Vec<String>,
}

/// A text that is no such pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It does not begin with `/`.
    #[error(
        "`{0}` is not a JSON pointer; write `/path`, or `/options/force` for a part of an argument"
    )]
    NoSlash(String),
    /// A `~` that escapes neither `~` nor `/`.
    #[error("`{0}` is not a JSON pointer: after `~` comes `0` (for `~`) or `1` (for `/`)")]
    Escape(String),
}

/// What stands at a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'v> {
    Value(&'v Value),
    Nothing,
    /// The server may find another value there than the host, for this reason.
    Unclear(&'static str),
}

const OTHER_TYPE: Found<'static> = Found::Unclear("is within a value of another type");

impl Pointer {
    /// The value at the pointer.
    pub(super) fn find<'v>(&self, arguments: &'v Map<String, Value>) -> Found<'v> {
        let mut found = member(arguments, &self.first);
        for token in &self.rest {
            let Found::Value(value) = found else {
                return found;
            };
            found = match (value, index(token)) {
                // A server may take one item for a list of one.
                (Value::Object(object), Some(_)) if !object.contains_key(token) => OTHER_TYPE,
                (Value::Object(object), _) => member(object, token),
                (Value::Array(items), Some(at)) => {
                    items.get(at).map_or(Found::Nothing, Found::Value)
                }
                // Servers read objects out of their JSON text, and take one item out of a list.
                _ => OTHER_TYPE,
            };
        }
        found
    }
}

/// The member of this name. Some servers do not tell upper case from lower case in names, and take the last of two.
fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Found<'v> {
    if object
        .keys()
        .any(|key| key != name && is_same_name(key, name))
    {
        return Found::Unclear("is also given in other letters");
    }
    object.get(name).map_or(Found::Nothing, Found::Value)
}

/// Whether two names differ in upper and lower case alone.
pub(super) fn is_same_name(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    // By way of the upper case: `\u{17f}` is a form of `s`.
    let folded = |text: &str| {
        let upper = text
            .chars()
            .flat_map(char::to_uppercase)
            .collect::<Vec<_>>();
        upper.into_iter().flat_map(char::to_lowercase)
    };
    folded(a).eq(folded(b))
}

/// An index has no leading zero and no sign. `-`, the place after the last item, has no value.
fn index(token: &str) -> Option<usize> {
    let is_plain = token.bytes().all(|byte| byte.is_ascii_digit());
    let has_zero = token.len() > 1 && token.starts_with('0');
    (is_plain && !has_zero).then(|| token.parse().ok())?
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let no_slash = || PointerError::NoSlash(text.to_owned());
        let mut tokens = text
            .strip_prefix('/')
            .ok_or_else(no_slash)?
            .split('/')
            .map(|token| {
                let escapes = token.split('~').skip(1);
                if escapes
                    .into_iter()
                    .any(|after| !after.starts_with(['0', '1']))
                {
                    return Err(PointerError::Escape(text.to_owned()));
                }
                // In this order: `~01` is `~1`.
                Ok(token.replace("~1", "/").replace("~0", "~"))
            });
        Ok(Self {
            first: tokens.next().ok_or_else(no_slash)??,
            rest: tokens.collect::<Result<_, _>>()?,
        })
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in std::iter::once(&self.first).chain(&self.rest) {
            write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_finds_what_rfc_6901_says() {
        let Value::Object(arguments) = json!({
            "path": "p", "": "empty", "a/b": 1, "m~n": 2, "~1": 3,
            "files": [{"name": "x"}, "y"], "0": "zero"
        }) else {
            unreachable!()
        };
        for (pointer, found) in [
            ("/path", Some(json!("p"))),
            ("/", Some(json!("empty"))),
            ("/a~1b", Some(json!(1))),
            ("/m~0n", Some(json!(2))),
            ("/~01", Some(json!(3))),
            ("/files/0/name", Some(json!("x"))),
            ("/files/1", Some(json!("y"))),
            ("/0", Some(json!("zero"))),
            ("/files/2", None),
            ("/gone", None),
        ] {
            let parsed: Pointer = pointer.parse().unwrap();
            let found = found.as_ref().map_or(Found::Nothing, Found::Value);
            assert_eq!(parsed.find(&arguments), found, "{pointer}");
            assert_eq!(parsed.to_string(), pointer);
        }
    }

    #[test]
    fn where_a_server_may_find_another_value_is_unclear() {
        let Value::Object(arguments) = json!({
            "options": "{\"force\":true}", "list": [{"force": true}], "one": {"force": true},
            "nothing": null, "Force": true, "force\u{17f}": 1, "both": 1, "BOTH": 2, "\u{212a}ey": 1
        }) else {
            unreachable!()
        };
        for pointer in [
            // JSON in a text, one item for a list and the other way around, what may be no place at all.
            "/options/force",
            "/list/force",
            "/one/0/force",
            "/nothing/force",
            "/list/-",
            "/list/01",
            "/list/+1",
            "/list/99999999999999999999999",
            // Names in other letters: alone, beside the name, and other forms of `s` and `k`.
            "/force",
            "/both",
            "/BOTH",
            "/forces",
            "/key",
        ] {
            let parsed: Pointer = pointer.parse().unwrap();
            assert!(
                matches!(parsed.find(&arguments), Found::Unclear(_)),
                "{pointer}"
            );
        }
    }

    #[test]
    fn what_is_no_pointer_says_what_one_is() {
        for text in ["", "path", "#/path", "/a~", "/a~2", "/~/x"] {
            let error = text.parse::<Pointer>().unwrap_err().to_string();
            assert!(error.contains("JSON pointer"), "{error}");
        }
    }
}
