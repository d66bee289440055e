//! Passes a JSON text to `fake/echo` by a typed call and by name, and returns both answers as the texts that came.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::tools::{self, ToolCall};
use mcp_guest_sdk::{Error, Skill};
use serde::{Deserialize, Serialize};

mcp_guest_sdk::import_server!("../../wit/sync/deps/mcp-server-fake");
use fake::{EchoParams, Level};

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// A JSON text, which no JSON parser of the guest sees.
    json: String,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    typed: String,
    by_name: String,
}

struct Digits;

impl Skill for Digits {
    const DESCRIPTION: &str = "Returns what `fake/echo` makes of a JSON text.";
    type Input = Input;
    type Output = Output;

    fn run(input: Input) -> Result<Output, Error> {
        let typed = fake::echo(&EchoParams {
            anything: Some(input.json.clone()),
            ..EchoParams::new("t", 1, true, Level::Low, Vec::new(), Vec::new())
        })?;
        let mut call = ToolCall::new("fake", "echo", &())?;
        call.arguments = format!("{{\"anything\":{}}}", input.json);
        let mut answers = tools::call_all(&[call]);
        let by_name = answers.remove(0)?;
        Ok(Output {
            typed: typed.anything.unwrap_or_default(),
            by_name: by_name.structured.unwrap_or_default(),
        })
    }
}

mcp_guest_sdk::export_skill!(Digits);
