//! Hands the typed tool `fake/echo` a list of many numbers, or JSON text that is nested deep.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill};
use serde::Deserialize;

mcp_guest_sdk::import_server!("../../wit/sync/deps/mcp-server-fake");
use fake::{EchoParams, Level, Shape};

struct Heavy;

#[derive(Deserialize, JsonSchema)]
struct Input {
    octets: usize,
    depth: usize,
}

impl Skill for Heavy {
    const DESCRIPTION: &str = "Sends `octets` numbers and JSON of `depth` levels, and gives the length of the text that comes back.";
    type Input = Input;
    type Output = usize;

    fn run(input: Input) -> Result<usize, Error> {
        let nested = "[".repeat(input.depth) + &"]".repeat(input.depth);
        let sent = EchoParams {
            shape: Some(Shape::Array(vec![0; input.octets])),
            anything: (input.depth > 0).then_some(nested),
            ..EchoParams::new("text", 0, true, Level::Low, vec![], vec![])
        };
        Ok(fake::echo(&sent)?.text.len())
    }
}

mcp_guest_sdk::export_skill!(Heavy);
