//! Makes a batch of calls at once.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::tools::{self, ToolCall};
use mcp_guest_sdk::{Error, Skill};
use serde::Deserialize;
use serde_json::{Value, json};

struct Batch;

#[derive(Deserialize, JsonSchema)]
struct Call {
    server: String,
    tool: String,
    #[serde(default)]
    arguments: Value,
    /// The arguments as this very text.
    text: Option<String>,
}

impl Skill for Batch {
    const DESCRIPTION: &str =
        "Makes the calls of its input at once, and returns the text or the error of each.";
    type Input = Vec<Call>;
    type Output = Vec<Value>;

    fn run(input: Vec<Call>) -> Result<Vec<Value>, Error> {
        let mut calls = Vec::new();
        for call in input {
            let mut made = ToolCall::new(call.server, call.tool, &call.arguments)?;
            if let Some(text) = call.text {
                made.arguments = text;
            }
            calls.push(made);
        }
        let results = tools::call_all(&calls).into_iter();
        Ok(results
            .map(|result| match result {
                Ok(result) => json!({ "text": result.text() }),
                Err(error) => json!({ "error": error.to_string() }),
            })
            .collect())
    }
}

mcp_guest_sdk::export_skill!(Batch);
