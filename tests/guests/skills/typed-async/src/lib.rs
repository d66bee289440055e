//! Makes two calls of the async tool `fake/wait` at once.
#![forbid(unsafe_code)]

use std::future::{Future as _, poll_fn};
use std::task::Poll;

use mcp_guest_sdk::{AsyncSkill, Error};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("../../wit/async/deps/mcp-server-fake");
use fake::WaitParams;

struct TypedAsync;

impl AsyncSkill for TypedAsync {
    const DESCRIPTION: &str = "Waits for `a` and `b` at once.";
    type Input = Value;
    type Output = Value;

    async fn run(input: Value) -> Result<Value, Error> {
        if input["drops"] == true {
            let mut call = Box::pin(fake::wait(WaitParams::new("dropped")));
            let begun = poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending()));
            assert!(begun.await, "its answer was there at once");
            drop(call);
        }
        let (a, b) = mcp_guest_sdk::try_join!(
            fake::wait(WaitParams::new("a")),
            fake::wait(WaitParams::new("b"))
        )?;
        Ok(json!({ "names": [a.name, b.name] }))
    }
}

mcp_guest_sdk::export_async_skill!(TypedAsync);
