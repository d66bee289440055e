//! Returns a string of a given length.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};

struct BigOutput;

impl Skill for BigOutput {
    const DESCRIPTION: &str = "Returns a string of as many bytes as its input says.";
    type Input = usize;
    type Output = String;

    fn run(bytes: usize) -> Result<String, Error> {
        Ok("x".repeat(bytes))
    }
}

mcp_guest_sdk::export_skill!(BigOutput);
