//! Panics.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::Value;

struct Panics;

impl Skill for Panics {
    const DESCRIPTION: &str = "Panics with the text of its input.";
    type Input = Value;
    type Output = Value;

    fn run(input: Value) -> Result<Value, Error> {
        give_up(&input)
    }
}

/// Stands in the backtrace under its own name.
#[inline(never)]
fn give_up(input: &Value) -> ! {
    panic!("asked to panic: {input}")
}

mcp_guest_sdk::export_skill!(Panics);
