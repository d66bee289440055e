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

impl Pointer {
    /// The value at the pointer.
    pub(super) fn find<'v>(&self, arguments: &'v Map<String, Value>) -> Option<&'v Value> {
        let first = arguments.get(&self.first)?;
        self.rest
            .iter()
            .try_fold(first, |value, token| match value {
                Value::Object(object) => object.get(token),
                Value::Array(items) => items.get(index(token)?),
                _ => None,
            })
    }
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
            ("/files/01", None),
            ("/files/+1", None),
            ("/files/-", None),
            ("/files/name", None),
            ("/path/0", None),
            ("/Path", None),
            ("/files/99999999999999999999999", None),
        ] {
            let parsed: Pointer = pointer.parse().unwrap();
            assert_eq!(parsed.find(&arguments), found.as_ref(), "{pointer}");
            assert_eq!(parsed.to_string(), pointer);
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
