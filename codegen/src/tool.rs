//! A server's `tools/list` response, as far as code generation reads it. Ignores unknown members, and rejects an
//! unreadable tool alone. Performs no I/O.

mod entries;
pub(crate) mod entry;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use self::entries::{Entries, Listed, MOST_TOOLS, MOST_WEIGHT, weight};
use crate::mend;

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
    /// JSON Schema of the arguments; `{}` if the server gives none.
    #[serde(default = "anything")]
    pub input_schema: Value,
    /// JSON Schema of `structuredContent`.
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// The annotations of the tool.
    #[serde(default)]
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
    /// What was dropped or replaced in tools that were read, as a sentence each.
    pub flaws: Vec<String>,
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
        "not a tools/list answer: {0}; expected `{{\"tools\": [...]}}`, a JSON-RPC response with it, or an array of tools"
    )]
    Form(String),
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
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut catalog = Self::default();
        let mended;
        let text = match mend::not_unicode(text.as_bytes()) {
            None => text,
            Some(bytes) => {
                catalog.flaws.push(mend::NOT_UNICODE.to_owned());
                mended = String::from_utf8_lossy(&bytes).into_owned();
                &mended
            }
        };
        match Page::of(text) {
            Err(CatalogError::Form(_)) if let Some(bytes) = mend::not_a_number(text.as_bytes()) => {
                let text = String::from_utf8_lossy(&bytes);
                catalog.read(Page::of(&text)?);
                catalog.flaws.push(mend::NOT_A_NUMBER.to_owned());
            }
            page => catalog.read(page?),
        }
        Ok(catalog)
    }

    fn read(&mut self, page: Page<'_>) {
        self.partial = match page.next_cursor.map(RawValue::get) {
            // An empty cursor leads nowhere, and some servers send one at the end.
            None | Some("null" | "\"\"") => false,
            Some(_) => true,
        };
        let entries = page.tools;
        if entries.is_null {
            self.flaws
                .push("`tools` is null: the list is empty".to_owned());
        }
        let mut left = MOST_WEIGHT;
        for (at, listed) in entries.list.iter().enumerate() {
            let read = match left.checked_sub(weight(listed.text.get())) {
                Some(rest) => {
                    left = rest;
                    tool(listed)
                }
                None => Err(format!(
                    "the definitions of all tools take more than {} MiB of memory",
                    MOST_WEIGHT >> 20
                )),
            };
            match read {
                Ok((tool, flaws)) => {
                    let name = crate::names::shown(&tool.name);
                    let flaws = flaws
                        .into_iter()
                        .map(|flaw| format!("tool `{name}`: {flaw}"));
                    self.flaws.extend(flaws);
                    self.tools.push(tool);
                }
                Err(reason) => {
                    let named = serde_json::from_str::<Named>(listed.text.get());
                    let tool = match (named, &listed.key) {
                        (Ok(named), _) if !named.name.is_empty() => named.name,
                        (_, Some(key)) => key.clone(),
                        _ => format!("#{at}"),
                    };
                    self.refused.push(Refusal { tool, reason });
                }
            }
        }
        if entries.more > 0 {
            self.refused.push(Refusal {
                tool: format!("#{MOST_TOOLS}"),
                reason: format!(
                    "more than {MOST_TOOLS} tools are listed, and the last {} of them are not read",
                    entries.more
                ),
            });
        }
    }
}

/// One entry as a tool, and its flaws.
fn tool(listed: &Listed<'_>) -> Result<(Tool, Vec<String>), String> {
    let unreadable =
        |error: &serde_json::Error| format!("its definition cannot be read: {}", short(error));
    let mut value: Value =
        serde_json::from_str(listed.text.get()).map_err(|error| unreadable(&error))?;
    if let (Value::Object(members), Some(key)) = (&mut value, &listed.key)
        && !members.contains_key("name")
    {
        members.insert("name".to_owned(), Value::String(key.clone()));
    }
    let entry = entry::entry(value)?;
    let tool =
        serde_json::from_value(Value::Object(entry.tool)).map_err(|error| unreadable(&error))?;
    Ok((tool, entry.flaws))
}

/// The tools of one page, and where the next one is.
struct Page<'a> {
    tools: Entries<'a>,
    next_cursor: Option<&'a RawValue>,
}

impl<'a> Page<'a> {
    fn of(text: &'a str) -> Result<Self, CatalogError> {
        let form =
            |error: serde_json::Error| CatalogError::Form(mend::fault(text.as_bytes(), &error));
        let start = text.trim_start();
        if start.starts_with('[') {
            return Ok(Self {
                tools: serde_json::from_str(text).map_err(form)?,
                next_cursor: None,
            });
        }
        if ["data:", "event:", "id:"]
            .iter()
            .any(|field| start.starts_with(field))
        {
            let stream = "it is an event stream: keep only the JSON after `data:`";
            return Err(CatalogError::Form(stream.to_owned()));
        }
        let answer: Answer<'_> = serde_json::from_str(text).map_err(form)?;
        match (answer.tools, answer.result, answer.error) {
            (Some(tools), _, _) => Ok(Self {
                tools,
                next_cursor: answer.next_cursor,
            }),
            (None, Some(result), _) => Ok(Self {
                tools: result.tools.ok_or(CatalogError::NoTools)?,
                next_cursor: result.next_cursor,
            }),
            (None, None, Some(error)) => Err(CatalogError::Answer(refusal(error))),
            (None, None, None) => Err(CatalogError::NoTools),
        }
    }
}

/// Tools are kept as text at first: a tool that nests too deep for the JSON parser must not affect the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow, default, deserialize_with = "entries::present")]
    tools: Option<Entries<'a>>,
    #[serde(borrow, default)]
    next_cursor: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<ListResult<'a>>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListResult<'a> {
    #[serde(borrow, default, deserialize_with = "entries::present")]
    tools: Option<Entries<'a>>,
    #[serde(borrow, default)]
    next_cursor: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The server's words, and its code.
fn refusal(error: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Refused {
        message: String,
        code: Option<serde_json::Number>,
    }
    match serde_json::from_str(error.get()) {
        Ok(Refused {
            message,
            code: Some(code),
        }) => format!("{message} (JSON-RPC error {code})"),
        Ok(Refused { message, .. }) => message,
        Err(_) => error.get().to_owned(),
    }
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
    Value::Object(serde_json::Map::new())
}
