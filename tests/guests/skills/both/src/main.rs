//! An ordinary program that exports `world skill` too: it says how it was entered.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::Value;

struct Both;

impl Skill for Both {
    const DESCRIPTION: &str = "Says how it was entered.";
    type Input = Value;
    type Output = String;

    fn run(_: Value) -> Result<String, Error> {
        Ok("as a skill".into())
    }
}

mcp_guest_sdk::export_skill!(Both);

fn main() {
    println!("\"as a program\"");
}
