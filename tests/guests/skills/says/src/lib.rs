//! Two typed calls of `fake/wait`, with a line on standard error before, between and after them.
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

struct Says;

impl Skill for Says {
    const DESCRIPTION: &str = "Says what it does, waits twice at `fake`, and returns both names.";
    type Input = Input;
    type Output = Output;

    fn run(_input: Input) -> Result<Output, Error> {
        eprintln!("before the calls");
        let first = fake::wait(&WaitParams::new("a"))?.name;
        eprintln!("between the calls");
        let second = fake::wait(&WaitParams::new("b"))?.name;
        eprintln!("after the calls");
        Ok(Output {
            names: [first, second],
        })
    }
}

mcp_guest_sdk::export_skill!(Says);
