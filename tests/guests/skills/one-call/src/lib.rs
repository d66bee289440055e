//! Calls one tool by name and returns its result; with `surface`, its error ends the run.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::tools::{self, ContentBlock, ToolResult};
use mcp_guest_sdk::{Error, Skill, ToolError};
use serde::Deserialize;
use serde_json::{Value, json};

struct OneCall;

#[derive(Deserialize, JsonSchema)]
struct Input {
    server: String,
    tool: String,
    #[serde(default = "no_arguments")]
    arguments: Value,
    /// Fail with the tool's error.
    #[serde(default)]
    surface: bool,
}

impl Skill for OneCall {
    const DESCRIPTION: &str = "Calls one tool by name.";
    type Input = Input;
    type Output = Value;

    fn run(input: Input) -> Result<Value, Error> {
        let answer = tools::call(&input.server, &input.tool, &input.arguments);
        if input.surface {
            return to_json(&answer?);
        }
        match answer {
            Ok(result) => Ok(json!({ "result": to_json(&result)? })),
            Err(error) => Ok(json!({ "error": kind(&error), "message": error.to_string() })),
        }
    }
}

mcp_guest_sdk::export_skill!(OneCall);

fn no_arguments() -> Value {
    json!({})
}

fn to_json(result: &ToolResult) -> Result<Value, Error> {
    let structured: Option<Value> = result
        .structured
        .as_deref()
        .map(serde_json::from_str)
        .transpose()?;
    let content: Vec<&str> = result
        .content
        .iter()
        .map(|block| match block {
            ContentBlock::Text(_) => "text",
            ContentBlock::Image(_) => "image",
            ContentBlock::Audio(_) => "audio",
            ContentBlock::Resource(_) => "resource",
            ContentBlock::ResourceLink(_) => "resource-link",
        })
        .collect();
    Ok(json!({ "structured": structured, "content": content, "text": result.text() }))
}

fn kind(error: &ToolError) -> &'static str {
    match error {
        ToolError::Failed(_) => "failed",
        ToolError::InvalidArguments(_) => "invalid-arguments",
        ToolError::Denied(_) => "denied",
        ToolError::NotFound(_) => "not-found",
        ToolError::BudgetExhausted(_) => "budget-exhausted",
        ToolError::TimedOut(_) => "timed-out",
        ToolError::Unavailable(_) => "unavailable",
        ToolError::TooLarge(_) => "too-large",
        ToolError::Protocol(_) => "protocol",
    }
}
