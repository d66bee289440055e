//! A server's `tools/list` response, as far as code generation reads it. Ignores unknown members, and rejects an
//! unreadable tool alone. Performs no I/O.

mod entries;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use self::entries::{Entries, MOST_TOOLS, MOST_WEIGHT, weight};

/// One tool of a server (MCP "Tool").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// The name on the wire.
    pub name: String,
    /// A display name.
    #[serde(default)]
    pub title: Option<String>,
    /// What the tool does. Text of the server: never trusted.
    #[serde(default)]
    pub description: Option<String>,
    /// JSON Schema of the arguments; `true` if the server gives none.
    #[serde(default = "anything")]
    pub input_schema: Value,
    /// JSON Schema of `structuredContent`.
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// The annotations of the tool.
    #[serde(default, deserialize_with = "null_as_default")]
    pub annotations: Annotations,
}

/// Hints about a tool's effects (MCP "ToolAnnotations"); `None` if the server gives none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Annotations {
    /// A display name, from before `Tool.title` existed.
    pub title: Option<String>,
    /// The tool changes nothing.
    pub read_only_hint: Option<bool>,
    /// The tool may destroy something.
    pub destructive_hint: Option<bool>,
    /// Calling it again with the same arguments changes nothing more.
    pub idempotent_hint: Option<bool>,
    /// The tool talks to the world outside its server.
    pub open_world_hint: Option<bool>,
}

/// The tools of one server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// In the order of the answer.
    pub tools: Vec<Tool>,
    /// The entries that are not tools.
    pub refused: Vec<Refusal>,
    /// Whether the response has a `nextCursor`: it is one page, and there are more tools than these.
    pub partial: bool,
}

/// A tool that has no function, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("tool `{}` is left out: {reason}", crate::names::shown(.tool))]
pub struct Refusal {
    /// The tool's name on the wire, or its place in the list (`#3`) if it has none.
    pub tool: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Text that is not a `tools/list` answer.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// Not JSON, or not in an accepted form.
    #[error(
        "not a tools/list answer: expected `{{\"tools\": [...]}}`, a JSON-RPC response with it, or an array of tools"
    )]
    Json(#[source] serde_json::Error),
    /// A JSON-RPC error instead of the tools.
    #[error("the server answered tools/list with an error: {0}")]
    Answer(String),
    /// JSON without a list of tools.
    #[error(
        "no `tools` in it: expected `{{\"tools\": [...]}}`, a JSON-RPC response with it, or an array of tools"
    )]
    NoTools,
}

impl Catalog {
    /// Reads `{"tools": [...]}`, a JSON-RPC response around it, or a bare array of tools. Reads at most 50,000 tools,
    /// and as many as take 96 MiB of memory; the rest is in [`Catalog::refused`].
    ///
    /// # Errors
    ///
    /// [`CatalogError`] if the text has no list of tools. A single bad entry is not an error: it is in
    /// [`Catalog::refused`].
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let (entries, cursor) = if text.trim_start().starts_with('[') {
            (
                serde_json::from_str(text).map_err(CatalogError::Json)?,
                None,
            )
        } else {
            let answer: Answer<'_> = serde_json::from_str(text).map_err(CatalogError::Json)?;
            match (answer.tools, answer.result, answer.error) {
                (Some(tools), _, _) => (tools, answer.next_cursor),
                (None, Some(page), _) => {
                    (page.tools.ok_or(CatalogError::NoTools)?, page.next_cursor)
                }
                (None, None, Some(error)) => {
                    return Err(CatalogError::Answer(error.get().to_owned()));
                }
                (None, None, None) => return Err(CatalogError::NoTools),
            }
        };
        let mut catalog = Self {
            partial: cursor.is_some(),
            ..Self::default()
        };
        let mut left = MOST_WEIGHT;
        for (at, entry) in entries.list.iter().enumerate() {
            let read = match left.checked_sub(weight(entry.get())) {
                Some(rest) => {
                    left = rest;
                    serde_json::from_str::<Tool>(entry.get()).map_err(|error| {
                        format!("its definition cannot be read: {}", short(&error))
                    })
                }
                None => Err(format!(
                    "the definitions of all tools take more than {} MiB of memory",
                    MOST_WEIGHT >> 20
                )),
            };
            match read {
                Ok(tool) => catalog.tools.push(tool),
                Err(reason) => {
                    let tool = serde_json::from_str::<Named>(entry.get())
                        .map_or_else(|_| format!("#{at}"), |named| named.name);
                    catalog.refused.push(Refusal { tool, reason });
                }
            }
        }
        if entries.more > 0 {
            catalog.refused.push(Refusal {
                tool: format!("#{MOST_TOOLS}"),
                reason: format!(
                    "more than {MOST_TOOLS} tools are listed, and the last {} of them are not read",
                    entries.more
                ),
            });
        }
        Ok(catalog)
    }
}

/// Tools are kept as text at first: a tool that nests too deep for the JSON parser must not affect the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow, default)]
    tools: Option<Entries<'a>>,
    #[serde(default)]
    next_cursor: Option<String>,
    #[serde(borrow, default)]
    result: Option<Page<'a>>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    #[serde(borrow, default)]
    tools: Option<Entries<'a>>,
    #[serde(default)]
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The parser's message, cut: it repeats the text that it could not use, which may be a megabyte of the server's text.
fn short(error: &serde_json::Error) -> String {
    const LONGEST: usize = 300;
    let mut text = error.to_string();
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    text
}

fn anything() -> Value {
    Value::Bool(true)
}

fn null_as_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Annotations, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
