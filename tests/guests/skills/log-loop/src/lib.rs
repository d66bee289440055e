//! Calls the cheapest host function for ever.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill, log};
use serde_json::Value;

struct LogLoop;

impl Skill for LogLoop {
    const DESCRIPTION: &str = "Never returns, and logs all the time.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        loop {
            log::info!("again");
        }
    }
}

mcp_guest_sdk::export_skill!(LogLoop);
