//! Starts many calls of the async tool `fake/wait`, and then waits for all of them.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{AsyncSkill, Error};

mcp_guest_sdk::import_server!("../../wit/async/deps/mcp-server-fake");
use fake::WaitParams;

struct Subtasks;

impl AsyncSkill for Subtasks {
    const DESCRIPTION: &str =
        "Makes this many calls at once, and says how many of them got an answer.";
    type Input = u32;
    type Output = usize;

    async fn run(count: u32) -> Result<usize, Error> {
        let waits = (0..count).map(|_| fake::wait(WaitParams::new("a")));
        let answers = mcp_guest_sdk::join_all(waits).await;
        Ok(answers.iter().filter(|answer| answer.is_ok()).count())
    }
}

mcp_guest_sdk::export_async_skill!(Subtasks);
