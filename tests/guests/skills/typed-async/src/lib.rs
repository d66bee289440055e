//! Makes two calls of the async tool `fake/wait` at once.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{AsyncSkill, Error};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("../../wit/async/deps/mcp-server-fake");
use fake::WaitParams;

struct TypedAsync;

impl AsyncSkill for TypedAsync {
    const DESCRIPTION: &str = "Waits for `a` and `b` at once.";
    type Input = Value;
    type Output = Value;

    async fn run(_input: Value) -> Result<Value, Error> {
        let (a, b) = mcp_guest_sdk::try_join!(
            fake::wait(WaitParams::new("a")),
            fake::wait(WaitParams::new("b"))
        )?;
        Ok(json!({ "names": [a.name, b.name] }))
    }
}

mcp_guest_sdk::export_async_skill!(TypedAsync);
