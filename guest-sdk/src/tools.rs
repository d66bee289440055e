//! Calls of tools by name, with JSON. The typed way is [`import_server!`](crate::import_server).
//!
//! Each call needs a grant from the user: `mcp-host run --allow SERVER/TOOL`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::tools as host;
use crate::{Error, ToolError};

pub use crate::contract::bindings::tools::ToolCall;
pub use crate::contract::bindings::types::{
    ContentBlock, EmbeddedResource, Media, ResourceContents, ResourceLink, ToolResult,
};

/// Calls one tool and waits for its answer. `arguments` must serialize as a JSON object.
///
/// ```no_run
/// # use mcp_guest_sdk::{Error, tools};
/// # fn run() -> Result<(), Error> {
/// let arguments = serde_json::json!({ "path": "notes.txt" });
/// let notes = tools::call("filesystem", "read_text_file", &arguments)?.text();
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// The [`ToolError`] that the host answers; [`ToolError::InvalidArguments`] also where `arguments` cannot be JSON.
pub fn call(server: &str, tool: &str, arguments: &impl Serialize) -> Result<ToolResult, ToolError> {
    host::call_tool(server, tool, &to_json(arguments)?)
}

/// Makes all calls at once on the host, and answers in their order. Each has its own result.
///
/// ```no_run
/// # use mcp_guest_sdk::{Error, tools::{self, ToolCall}};
/// # fn run() -> Result<(), Error> {
/// let mut batch = Vec::new();
/// for path in ["a.txt", "b.txt"] {
///     batch.push(ToolCall::new("filesystem", "read_text_file", &serde_json::json!({ "path": path }))?);
/// }
/// for result in tools::call_all(&batch) {
///     let text = result?.text();
/// }
/// # Ok(()) }
/// ```
pub fn call_all(calls: &[ToolCall]) -> Vec<Result<ToolResult, ToolError>> {
    host::call_tools(calls)
}

impl ToolCall {
    /// One call of a batch for [`call_all`].
    ///
    /// # Errors
    ///
    /// [`ToolError::InvalidArguments`] where `arguments` cannot be JSON.
    pub fn new(
        server: impl Into<String>,
        tool: impl Into<String>,
        arguments: &impl Serialize,
    ) -> Result<Self, ToolError> {
        Ok(Self {
            server: server.into(),
            tool: tool.into(),
            arguments: to_json(arguments)?,
        })
    }
}

impl ToolResult {
    /// The result as `T`: from `structuredContent`, or, if the tool gave none, from its text, which many servers fill
    /// with JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] where neither is there, or what is there is no `T`; it names the place.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let (source, text) = match &self.structured {
            Some(structured) => ("structured content", structured.clone()),
            None => ("text", self.text()),
        };
        if text.is_empty() {
            return Err(Error::msg(
                "the tool answered with neither structured content nor text",
            ));
        }
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text)).map_err(
            |error| {
                Error::Failed(format!(
                    "the tool's {source} does not fit at `{}`: {}",
                    error.path(),
                    error.inner()
                ))
            },
        )
    }

    /// The text blocks, each on its own line. Omits other content, which is in `content`.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self
            .content
            .iter()
            .filter_map(|block| match block {
                ContentBlock::Text(text) => Some(text.as_str()),
                ContentBlock::Image(_)
                | ContentBlock::Audio(_)
                | ContentBlock::Resource(_)
                | ContentBlock::ResourceLink(_) => None,
            })
            .collect();
        texts.join("\n")
    }
}

fn to_json(arguments: &impl Serialize) -> Result<String, ToolError> {
    serde_json::to_string(arguments).map_err(|error| {
        ToolError::InvalidArguments(format!("the arguments cannot be written as JSON: {error}"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn result(structured: Option<&str>, texts: &[&str]) -> ToolResult {
        ToolResult {
            structured: structured.map(str::to_owned),
            content: texts
                .iter()
                .map(|text| ContentBlock::Text((*text).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn structured_content_comes_before_text() {
        assert_eq!(
            result(Some("[1]"), &["[2]"]).json::<Vec<u8>>().unwrap(),
            [1]
        );
        assert_eq!(result(None, &["[2]"]).json::<Vec<u8>>().unwrap(), [2]);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        assert_eq!(
            result(Some(r#"{"a":[1,"x"]}"#), &[])
                .json::<std::collections::BTreeMap<String, Vec<u8>>>()
                .unwrap_err(),
            Error::msg(
                "the tool's structured content does not fit at `a[1]`: invalid type: string \"x\", expected u8 at line 1 column 11"
            )
        );
        assert_eq!(
            result(None, &[]).json::<u8>().unwrap_err(),
            Error::msg("the tool answered with neither structured content nor text")
        );
    }

    #[test]
    fn arguments_that_are_not_json_never_reach_the_host() {
        let no_json = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(
            call("s", "t", &no_json).unwrap_err(),
            ToolError::InvalidArguments(
                "the arguments cannot be written as JSON: key must be a string".to_owned()
            )
        );
    }
}
