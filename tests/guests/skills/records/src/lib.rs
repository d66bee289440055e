//! Asks the server `records` for its records, by a typed call, by name, or by name in a batch of three, and says how
//! many bytes or records came.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::tools::{self, ContentBlock, ToolCall, ToolResult};
use mcp_guest_sdk::{Error, Skill};
use serde::Deserialize;

mcp_guest_sdk::import_server!("../../wit/sync/deps/mcp-server-records");

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Input {
    Typed,
    Name,
    Batch,
}

struct Records;

impl Skill for Records {
    const DESCRIPTION: &str = "Counts the records of `records`, or the bytes of its answers.";
    type Input = Input;
    type Output = Vec<usize>;

    fn run(input: Input) -> Result<Vec<usize>, Error> {
        let nothing = serde_json::json!({});
        Ok(match input {
            Input::Typed => vec![records::version()?.records.len()],
            Input::Name => vec![length(&tools::call("records", "version", &nothing)?)],
            Input::Batch => {
                let call = || ToolCall::new("records", "version", &nothing);
                let mut lengths = Vec::new();
                for result in tools::call_all(&[call()?, call()?, call()?]) {
                    lengths.push(length(&result?));
                }
                lengths
            }
        })
    }
}

mcp_guest_sdk::export_skill!(Records);

/// Bytes of structured content and of text.
fn length(result: &ToolResult) -> usize {
    let texts = result.content.iter().map(|block| match block {
        ContentBlock::Text(text) => text.len(),
        _ => 0,
    });
    result.structured.as_ref().map_or(0, String::len) + texts.sum::<usize>()
}
