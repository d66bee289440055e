//! Two typed calls of `fake/wait` and a small result: the smallest run that does what a skill is for.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill};
use serde::{Deserialize, Serialize};

mcp_guest_sdk::import_server!("../../wit/sync/deps/mcp-server-fake");
use fake::WaitParams;

#[derive(Deserialize, JsonSchema)]
struct Input {}

#[derive(Serialize, JsonSchema)]
struct Output {
    names: [String; 2],
}

struct TwoCalls;

impl Skill for TwoCalls {
    const DESCRIPTION: &str = "Waits twice at `fake` and returns both names.";
    type Input = Input;
    type Output = Output;

    fn run(_input: Input) -> Result<Output, Error> {
        let first = fake::wait(&WaitParams::new("a"))?.name;
        let second = fake::wait(&WaitParams::new("b"))?.name;
        Ok(Output {
            names: [first, second],
        })
    }
}

mcp_guest_sdk::export_skill!(TwoCalls);
