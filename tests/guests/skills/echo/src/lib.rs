//! Returns its input.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::Value;

struct Echo;

impl Skill for Echo {
    const DESCRIPTION: &str = "Returns its input.";
    type Input = Value;
    type Output = Value;

    fn run(input: Value) -> Result<Value, Error> {
        Ok(input)
    }
}

mcp_guest_sdk::export_skill!(Echo);
