//! Writes a hit as a callable signature of at most 80 tokens. Ranks nothing, and never interprets a description.

mod tokens;
mod types;

use mcp_codegen::names::is_invisible;
use serde_json::Value;

pub use self::tokens::estimate as estimated_tokens;
use self::tokens::estimate;
use self::types::key;
pub use self::types::{Detail, type_of};
use crate::names::callable;

/// What is shown of a tool.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The name of the server in the configuration.
    pub server: &'a str,
    /// The name of the tool as its server declares it.
    pub name: &'a str,
    /// Its description, or an empty text.
    pub description: &'a str,
    /// Its `inputSchema`.
    pub input: &'a Value,
    /// Its `outputSchema`, if it has one.
    pub output: Option<&'a Value>,
    /// What the caller knows about a call of it.
    pub marks: &'a [Mark],
}

/// What happens when the tool is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The policy denies every call.
    Denied,
    /// The policy asks the user first.
    AsksUser,
    /// The tool may change something.
    Writes,
    /// Its server needs a login first.
    NeedsLogin,
    /// Its definition is not the one that the user accepted.
    Changed,
    /// The user has not accepted it: it was not there when its server was pinned.
    New,
}

/// The tool as it is called, in one line: `server.name({a: string, b?: number}) -> type  What it does. [writes]`.
///
/// A name that is no identifier has `_` in place of other characters. Where all of it would take more than 80 tokens
/// (o200k, as estimated), it loses detail in this order: values of an `enum`, types of optional parameters, optional
/// parameters, and the end of the description. The marks are always whole.
#[must_use]
pub fn signature(tool: &Shown<'_>) -> String {
    let marks: String = tool.marks.iter().map(|mark| mark.text()).collect();
    let left = MOST_TOKENS - estimate(&marks);
    let sentence = sentence(tool.description);
    let wish = estimate(&sentence).min(SENTENCE_TOKENS);
    let mut line = LEVELS
        .iter()
        .map(|level| call(tool, level))
        .find(|call| estimate(call) + wish <= left)
        .unwrap_or_else(|| shortened(tool, left - wish.min(left / 4)));
    let sentence = fitted(&sentence, left.saturating_sub(estimate(&line) + 1));
    if !sentence.is_empty() {
        line.push_str("  ");
        line.push_str(&sentence);
    }
    line.push_str(&marks);
    line
}

/// Less than the 80 of the contract, because tokens are estimated and not counted.
const MOST_TOKENS: usize = 66;
/// What is kept for the description before parameters get more detail.
const SENTENCE_TOKENS: usize = 18;

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Denied => " [denied]",
            Self::AsksUser => " [asks user]",
            Self::Writes => " [writes]",
            Self::NeedsLogin => " [needs login]",
            Self::Changed => " [changed since it was pinned]",
            Self::New => " [new since its server was pinned]",
        }
    }
}

/// How much of a call is written.
struct Level {
    required: Detail,
    /// `None`: names only.
    optional: Option<Detail>,
    output: bool,
}

const LEVELS: [Level; 6] = [
    Level {
        required: Detail::Nested,
        optional: Some(Detail::Nested),
        output: true,
    },
    Level {
        required: Detail::Nested,
        optional: Some(Detail::Flat),
        output: true,
    },
    Level {
        required: Detail::Flat,
        optional: Some(Detail::Flat),
        output: true,
    },
    Level {
        required: Detail::Flat,
        optional: Some(Detail::Plain),
        output: true,
    },
    Level {
        required: Detail::Flat,
        optional: None,
        output: true,
    },
    Level {
        required: Detail::Plain,
        optional: None,
        output: false,
    },
];

fn call(tool: &Shown<'_>, level: &Level) -> String {
    let parameters: Vec<String> = parameters(tool.input)
        .iter()
        .map(|parameter| match (parameter.is_required, level.optional) {
            (true, _) => parameter.written(tool.input, Some(level.required)),
            (false, detail) => parameter.written(tool.input, detail),
        })
        .collect();
    let mut line = open(&callee(tool), &parameters, 0);
    if level.output {
        line.push_str(&output(tool.output));
    }
    line
}

/// As many parameters as fit, the required ones first, and how many there are beside them.
fn shortened(tool: &Shown<'_>, most: usize) -> String {
    let all = parameters(tool.input);
    let mut callee = callee(tool);
    while estimate(&callee) + 6 > most && callee.pop().is_some() {}
    let mut kept: Vec<String> = Vec::new();
    for (at, parameter) in all.iter().enumerate() {
        let detail = parameter.is_required.then_some(Detail::Plain);
        kept.push(parameter.written(tool.input, detail));
        if estimate(&open(&callee, &kept, all.len() - at - 1)) > most {
            kept.pop();
            break;
        }
    }
    let missing = all.len() - kept.len();
    open(&callee, &kept, missing)
}

fn open(callee: &str, parameters: &[String], missing: usize) -> String {
    let mut inner = parameters.join(", ");
    if missing > 0 {
        let comma = if inner.is_empty() { "" } else { ", " };
        inner.push_str(&format!("{comma}...{missing} more"));
    }
    if inner.is_empty() {
        format!("{callee}()")
    } else {
        format!("{callee}({{{inner}}})")
    }
}

fn callee(tool: &Shown<'_>) -> String {
    callable(tool.server, tool.name)
}

struct Parameter<'a> {
    name: &'a str,
    schema: &'a Value,
    is_required: bool,
}

impl Parameter<'_> {
    fn written(&self, root: &Value, detail: Option<Detail>) -> String {
        let mark = if self.is_required { "" } else { "?" };
        let name = key(self.name);
        match detail {
            Some(detail) => format!("{name}{mark}: {}", type_of(self.schema, root, detail)),
            None => format!("{name}{mark}"),
        }
    }
}

/// The required ones first, each part in the order of the schema.
fn parameters(schema: &Value) -> Vec<Parameter<'_>> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut out: Vec<Parameter<'_>> = properties
        .into_iter()
        .flatten()
        .take(types::MOST_PROPERTIES)
        .map(|(name, schema)| Parameter {
            name,
            schema,
            is_required: is_required(name),
        })
        .collect();
    out.sort_by_key(|parameter| !parameter.is_required);
    out
}

/// ` -> type`, short: the properties with their types, else their names, else the title.
fn output(schema: Option<&Value>) -> String {
    const MOST: usize = 16;
    let Some(schema) = schema else {
        return String::new();
    };
    let forms =
        [Detail::Nested, Detail::Flat, Detail::Plain].map(|detail| type_of(schema, schema, detail));
    let names: Vec<String> = parameters(schema)
        .iter()
        .map(|parameter| key(parameter.name).into_owned())
        .collect();
    let names = format!("{{{}}}", names.join(", "));
    let title = schema
        .get("title")
        .and_then(Value::as_str)
        .filter(|title| is_type_name(title));
    let last = title.unwrap_or("object").to_owned();
    let written = |form: &String| form != "object" && form != "{}" && estimate(form) <= MOST;
    let mut forms = forms.into_iter().chain([names]);
    let form = forms.find(written).unwrap_or(last);
    format!(" -> {form}")
}

fn is_type_name(title: &str) -> bool {
    title.len() <= 32
        && title.starts_with(|char: char| char.is_ascii_uppercase())
        && title.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The first sentence on one line. It cannot pass for a mark, and hides no character.
fn sentence(description: &str) -> String {
    const READ: usize = 2_000;
    const LONGEST: usize = 320;
    let read = crate::bounds::cut(description.trim_start(), READ);
    let mut out = String::new();
    for word in read.split_whitespace() {
        let shown = word
            .chars()
            .filter(|char| !char.is_control() && !is_invisible(*char));
        let shown: String = shown
            .map(|char| match char {
                '[' => '(',
                ']' => ')',
                char => char,
            })
            .collect();
        if !out.is_empty() && !shown.is_empty() {
            out.push(' ');
        }
        out.push_str(&shown);
        // `e.g.` and `1.` end no sentence.
        let ends = shown.ends_with(['.', '!', '?', '。']) && shown.len() > 4;
        if ends {
            break;
        }
        if out.len() > LONGEST {
            out.push('…');
            break;
        }
    }
    out
}

/// The sentence, or its first words and `…`, in at most so many tokens.
fn fitted(sentence: &str, most: usize) -> String {
    if estimate(sentence) <= most {
        return sentence.to_owned();
    }
    let mut kept = sentence;
    while let Some(end) = kept.rfind(|char: char| char.is_whitespace() || !char.is_ascii()) {
        kept = &kept[..end];
        if estimate(kept) < most {
            break;
        }
    }
    let kept = kept.trim_end_matches([' ', ',', ';', ':', '(']);
    if kept.is_empty() || estimate(kept) >= most {
        String::new()
    } else {
        format!("{kept}…")
    }
}

#[cfg(test)]
mod tests;
