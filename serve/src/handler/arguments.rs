//! The arguments of the three tools, and what is wrong with them: a model can correct these.

use mcp_codegen::names::shown;
use rmcp::model::{CallToolRequestParams, JsonObject};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{Answer, Made};

/// Names of arguments that an error repeats.
const MOST_NAMES: usize = 20;

/// Bytes of a query, and of what an error repeats of a request.
pub(super) const LONGEST_QUERY: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchTools {
    pub(super) query: Option<String>,
    pub(super) server: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) offset: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DescribeTools {
    pub(super) names: Names,
}

/// A list, or what a model writes for one name.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a list of texts, or one text")]
pub(super) enum Names {
    List(Vec<String>),
    One(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunScript {
    pub(super) code: Option<String>,
    pub(super) skill: Option<String>,
    pub(super) resume: Option<String>,
    pub(super) input: Option<Value>,
    pub(super) max_tokens: Option<usize>,
}

/// serde names types of Rust.
fn in_words(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    for (rust, word) in [
        ("usize", "a whole number"),
        ("a sequence", "a list"),
        ("a map", "an object"),
    ] {
        text = text.replace(rust, word);
    }
    text
}

/// The arguments of a call, or an answer that says what is wrong with them: a model can correct these.
pub(super) fn arguments<T: for<'de> Deserialize<'de>>(
    call: &mut CallToolRequestParams,
    wanted: &str,
) -> Result<T, Answer> {
    let given = call.arguments.take().unwrap_or_default();
    let names: Vec<_> = given
        .keys()
        .take(MOST_NAMES)
        .map(|name| shown(name))
        .collect();
    serde_json::from_value(Value::Object(given.clone())).map_err(|error| {
        let got = match names.is_empty() {
            true => "nothing".to_owned(),
            false => names.join(", "),
        };
        Answer::error(format!(
            "error bad_arguments  {}\n{}; `{}` takes {wanted}, and got {got}",
            Made::NONE.words(false),
            mcp_bridge::text::cut(&wrong::<T>(given, &error), LONGEST_QUERY),
            call.name,
        ))
    })
}

/// What is wrong, with the argument that is. serde names only one that is unknown or missing.
fn wrong<T: for<'de> Deserialize<'de>>(given: JsonObject, error: &serde_json::Error) -> String {
    for (name, value) in given {
        let alone = Value::Object([(name.clone(), value)].into_iter().collect());
        let Err(alone) = serde_json::from_value::<T>(alone) else {
            continue;
        };
        // The same words: it is this argument.
        if alone.to_string() == error.to_string() && !alone.to_string().contains(" field `") {
            return format!("argument `{}`: {}", shown(&name), in_words(&alone));
        }
    }
    in_words(error)
}
