//! One typed call of `fake/wait` and a small result: the smallest run that needs a server.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill};
use serde::Deserialize;

mcp_guest_sdk::import_server!("../../wit/sync/deps/mcp-server-fake");
use fake::WaitParams;

#[derive(Deserialize, JsonSchema)]
struct Input {}

struct TypedCall;

impl Skill for TypedCall {
    const DESCRIPTION: &str = "Waits once at `fake` and returns the name.";
    type Input = Input;
    type Output = String;

    fn run(_input: Input) -> Result<String, Error> {
        Ok(fake::wait(&WaitParams::new("a"))?.name)
    }
}

mcp_guest_sdk::export_skill!(TypedCall);
