//! Computes for ever.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::Value;

struct Spin;

impl Skill for Spin {
    const DESCRIPTION: &str = "Never returns, and calls nothing.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        loop {
            std::hint::spin_loop();
        }
    }
}

mcp_guest_sdk::export_skill!(Spin);
