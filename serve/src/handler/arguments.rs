//! The arguments of the three tools, and what is wrong with them: a model can correct these.

use mcp_codegen::names::shown;
use rmcp::model::CallToolRequestParams;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::Answer;

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
#[serde(untagged)]
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
    serde_json::from_value(Value::Object(given)).map_err(|error| Answer {
        text: format!(
            "error bad_arguments  0 calls made: safe to retry\n{}; `{}` takes {wanted}, and got {}",
            mcp_bridge::text::cut(&in_words(&error), LONGEST_QUERY),
            call.name,
            if names.is_empty() {
                "nothing".to_owned()
            } else {
                names.join(", ")
            }
        ),
        is_error: true,
        attached: Vec::new(),
        paused: None,
    })
}
