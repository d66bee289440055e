//! Calls one tool for ever, whatever it answers.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill, tools};
use serde::Deserialize;
use serde_json::Value;

struct CallLoop;

#[derive(Deserialize, JsonSchema)]
struct Input {
    server: String,
    tool: String,
    arguments: Value,
}

impl Skill for CallLoop {
    const DESCRIPTION: &str = "Never returns, calls a tool all the time, and ignores its errors.";
    type Input = Input;
    type Output = Value;

    fn run(input: Input) -> Result<Value, Error> {
        loop {
            let _ = tools::call(&input.server, &input.tool, &input.arguments);
        }
    }
}

mcp_guest_sdk::export_skill!(CallLoop);
