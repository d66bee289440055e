//! The cases of the contract's errors: their names, their texts, and how a recording spells both. This is the only
//! list of them.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bindings::mcp::tools::files::FileError;
use super::bindings::mcp::tools::state::StateError;
use super::bindings::mcp::tools::types::ToolError;

/// An error of the contract. All its cases hold a text, except `failed` of `tool-error`, which holds a result.
pub(crate) trait Cases: Sized {
    /// The names of the cases with a text.
    const TEXTS: &'static [&'static str];

    /// The case, as the contract names it.
    fn case(&self) -> &'static str;

    fn text(&self) -> Option<&str>;

    fn into_text(self) -> Option<String>;

    /// The error of this case; `None` if no case of this name has a text.
    fn of(case: &str, text: String) -> Option<Self>;
}

macro_rules! cases {
    ($error:ident $(with $result:ident = $named:literal)? { $($case:ident = $name:literal,)* }) => {
        impl Cases for $error {
            const TEXTS: &'static [&'static str] = &[$($name),*];

            fn case(&self) -> &'static str {
                match self {
                    $(Self::$result(_) => $named,)?
                    $(Self::$case(_) => $name,)*
                }
            }

            fn text(&self) -> Option<&str> {
                match self {
                    $(Self::$result(_) => None,)?
                    $(Self::$case(text) => Some(text),)*
                }
            }

            fn into_text(self) -> Option<String> {
                match self {
                    $(Self::$result(_) => None,)?
                    $(Self::$case(text) => Some(text),)*
                }
            }

            fn of(case: &str, text: String) -> Option<Self> {
                match case {
                    $($name => Some(Self::$case(text)),)*
                    _ => None,
                }
            }
        }
    };
}

cases!(ToolError with Failed = "failed" {
    InvalidArguments = "invalid-arguments",
    Denied = "denied",
    NotFound = "not-found",
    BudgetExhausted = "budget-exhausted",
    TimedOut = "timed-out",
    Unavailable = "unavailable",
    TooLarge = "too-large",
    Protocol = "protocol",
});

cases!(FileError {
    NotFound = "not-found",
    Denied = "denied",
    WrongKind = "wrong-kind",
    TooLarge = "too-large",
    Io = "io",
});

cases!(StateError {
    InvalidKey = "invalid-key",
    Quota = "quota",
    Io = "io",
});

/// An error in a recording: `{"case": "not-found", "message": "…"}`.
#[derive(Serialize, Deserialize)]
struct Recorded<'a> {
    case: Cow<'a, str>,
    message: Cow<'a, str>,
}

fn serialize<E: Cases, S: Serializer>(error: &E, serializer: S) -> Result<S::Ok, S::Error> {
    let recorded = Recorded {
        case: error.case().into(),
        message: error.text().unwrap_or_default().into(),
    };
    recorded.serialize(serializer)
}

fn deserialize<'de, E: Cases, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    let Recorded { case, message } = Recorded::deserialize(deserializer)?;
    E::of(&case, message.into_owned()).ok_or_else(|| D::Error::unknown_variant(&case, E::TEXTS))
}

macro_rules! recorded {
    ($($error:ident),*) => {$(
        impl Serialize for $error {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $error {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize(deserializer)
            }
        }
    )*};
}
// Not `ToolError`: the answer of a tool that failed is recorded as the server sent it.
recorded!(FileError, StateError);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;
    use wit_parser::{Resolve, TypeDefKind};

    use super::*;

    /// The cases of a variant in `wit/`, each with whether it holds a text.
    fn in_wit(name: &str) -> Vec<(String, bool)> {
        let mut wit = Resolve::default();
        wit.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit"))
            .unwrap();
        let mut types = wit.types.iter().map(|(_, ty)| ty);
        let variant = types.find_map(|ty| match &ty.kind {
            TypeDefKind::Variant(variant) if ty.name.as_deref() == Some(name) => Some(variant),
            _ => None,
        });
        let cases = variant.unwrap().cases.iter();
        let is_text = |ty| ty == Some(wit_parser::Type::String);
        cases
            .map(|case| (case.name.clone(), is_text(case.ty)))
            .collect()
    }

    fn texts<E: Cases>() -> Vec<String> {
        let texts = E::TEXTS.iter().map(|name| {
            let error = E::of(name, format!("why {name}")).unwrap();
            assert_eq!(error.case(), *name);
            assert_eq!(error.text(), Some(format!("why {name}").as_str()));
            assert_eq!(error.into_text(), Some(format!("why {name}")));
            (*name).to_owned()
        });
        texts.collect()
    }

    #[test]
    fn the_cases_are_those_of_the_contract() {
        for (name, texts) in [
            ("tool-error", texts::<ToolError>()),
            ("file-error", texts::<FileError>()),
            ("state-error", texts::<StateError>()),
        ] {
            let (with_text, others): (Vec<_>, Vec<_>) =
                in_wit(name).into_iter().partition(|(_, text)| *text);
            let with_text: Vec<_> = with_text.into_iter().map(|(name, _)| name).collect();
            assert_eq!(with_text, texts, "{name}");
            let others: Vec<_> = others.iter().map(|(name, _)| name.as_str()).collect();
            let expected: &[&str] = if name == "tool-error" {
                &["failed"]
            } else {
                &[]
            };
            assert_eq!(others, expected, "{name}");
        }
    }

    #[test]
    fn an_error_is_recorded_with_its_case_and_its_text() {
        let error = FileError::WrongKind("`/a` is a directory".to_owned());
        let recorded = json!({"case": "wrong-kind", "message": "`/a` is a directory"});
        assert_eq!(json!(error), recorded);
        assert_eq!(
            serde_json::from_value::<FileError>(recorded).unwrap(),
            error
        );
    }

    #[test]
    fn an_unknown_case_of_a_recording_is_refused_with_the_known_ones() {
        let recorded = json!({"case": "quota", "message": ""});
        let error = serde_json::from_value::<FileError>(recorded).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown variant `quota`, expected one of `not-found`, `denied`, `wrong-kind`, `too-large`, `io`"
        );
    }
}
