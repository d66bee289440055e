//! Calls the cheapest host function for ever.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill, log};
use serde_json::Value;

struct LogLoop;

impl Skill for LogLoop {
    const DESCRIPTION: &str =
        "Never returns, and logs all the time: its input, where that is a string.";
    type Input = Value;
    type Output = Value;

    fn run(input: Value) -> Result<Value, Error> {
        let text = input.as_str().unwrap_or("again");
        loop {
            log::info!("{text}");
        }
    }
}

mcp_guest_sdk::export_skill!(LogLoop);
