//! A server inside the test's own process.

use std::sync::{Arc, Mutex};

use futures_util::TryFutureExt as _;
use futures_util::future::BoxFuture;
use mcp_bridge::{CallError, CallToolResult, JsonObject, Tool};
use mcp_host::ToolServer;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::root;

type Answer = BoxFuture<'static, Result<CallToolResult, CallError>>;
type Answers = Box<dyn Fn(&str, JsonObject) -> Answer + Send + Sync>;

/// A server whose tools are data and whose answers are a closure.
pub struct Fake {
    name: String,
    tools: Vec<Tool>,
    calls: Arc<Mutex<Vec<(String, Value)>>>,
    remembers: bool,
    takes_text: bool,
    answer: Answers,
}

impl Fake {
    /// A server with these definitions (an array of MCP tools).
    pub fn new<F>(name: &str, tools: Value, answer: F) -> Self
    where
        F: Fn(&str, JsonObject) -> Answer + Send + Sync + 'static,
    {
        Self {
            name: name.to_owned(),
            tools: serde_json::from_value(tools).unwrap(),
            calls: Arc::default(),
            remembers: true,
            takes_text: false,
            answer: Box::new(answer),
        }
    }

    /// The server `fake` of `tests/guests/fake.tools.json`: `echo` gives its arguments back, `wait` its name.
    #[must_use]
    pub fn standard() -> Self {
        Self::new("fake", Self::standard_tools(), |_, arguments| {
            Box::pin(async move { Ok(structured(Value::Object(arguments))) })
        })
    }

    /// The definitions of the server `fake`.
    #[must_use]
    pub fn standard_tools() -> Value {
        let text = std::fs::read_to_string(root().join("tests/guests/fake.tools.json")).unwrap();
        let mut catalog: Value = serde_json::from_str(&text).unwrap();
        catalog["tools"].take()
    }

    /// A server `plain` with one tool `go` that takes anything and answers by this closure.
    pub fn plain<F>(answer: F) -> Self
    where
        F: Fn(JsonObject) -> Answer + Send + Sync + 'static,
    {
        let tools = json!([{ "name": "go", "inputSchema": { "type": "object" } }]);
        Self::new("plain", tools, move |_, arguments| answer(arguments))
    }

    /// The same without a record of its calls, for a long-running process.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.remembers = false;
        self
    }

    /// The same for a server that takes arguments as text, like one in a process of its own.
    #[must_use]
    pub fn of_text(mut self) -> Self {
        self.takes_text = true;
        self
    }

    /// The calls that arrived, in order: tool and arguments.
    #[must_use]
    pub fn calls(&self) -> Arc<Mutex<Vec<(String, Value)>>> {
        Arc::clone(&self.calls)
    }
}

impl ToolServer for Fake {
    fn name(&self) -> &str {
        &self.name
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<mcp_bridge::Answer, CallError>> {
        if self.remembers {
            let seen = (tool.to_owned(), Value::Object(arguments.clone()));
            self.calls.lock().unwrap().push(seen);
        }
        Box::pin((self.answer)(tool, arguments).map_ok(Into::into))
    }

    fn call_text<'a>(
        &'a self,
        tool: &'a str,
        arguments: Box<RawValue>,
    ) -> Result<BoxFuture<'a, Result<mcp_bridge::Answer, CallError>>, Box<RawValue>> {
        match serde_json::from_str(arguments.get()) {
            Ok(object) if self.takes_text => Ok(self.call(tool, object)),
            Ok(_) | Err(_) => Err(arguments),
        }
    }
}

/// An answer with structured content.
#[must_use]
pub fn structured(value: Value) -> CallToolResult {
    CallToolResult::structured(value)
}

/// An answer of one text block.
#[must_use]
pub fn text(text: &str) -> CallToolResult {
    CallToolResult::success(vec![mcp_bridge::ContentBlock::text(text)])
}
