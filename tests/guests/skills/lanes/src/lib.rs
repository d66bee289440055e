//! Keeps as many calls of the async tool `fake/wait` in flight as its input says: lanes, each of which makes one after
//! the other.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{AsyncSkill, Error};
use serde::Deserialize;

mcp_guest_sdk::import_server!("../../wit/async/deps/mcp-server-fake");
use fake::WaitParams;

#[derive(Deserialize, JsonSchema)]
struct Input {
    lanes: u32,
    /// Calls in each lane.
    calls: u32,
}

struct Lanes;

impl AsyncSkill for Lanes {
    const DESCRIPTION: &str =
        "Makes this many calls in each of this many lanes, and counts the answers.";
    type Input = Input;
    type Output = u32;

    async fn run(input: Input) -> Result<u32, Error> {
        let lanes = (0..input.lanes).map(|_| lane(input.calls));
        let answers = mcp_guest_sdk::join_all(lanes).await;
        answers.into_iter().sum()
    }
}

async fn lane(calls: u32) -> Result<u32, Error> {
    for _ in 0..calls {
        fake::wait(WaitParams::new("a")).await?;
    }
    Ok(calls)
}

mcp_guest_sdk::export_async_skill!(Lanes);
