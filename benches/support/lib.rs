//! Shared by the benches: an instant server, a skill linked to it, and the same without the host. Every measured run
//! also asserts that it did its work.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a bench that cannot run has nothing to say but why"
)]

mod agent;
mod bare;
pub mod figures;
mod scripts;
mod turns;

pub use agent::Agent;
pub use bare::{Bare, Guards};
pub use scripts::{catalog_of, run_script, script_engine, scripted, scripted_under};
pub use turns::{Bench, take_turns};

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use mcp_bridge::{Answer, CallError, CallToolResult, JsonObject, Tool};
use mcp_host::{Engine, Environment, Limits, Linked, Outcome, Skill, ToolServer, execute, link};
use mcp_tests::{Fake, guest};

/// Bytes of a pool's slot: the memory limit of the default profile.
pub const SLOT: usize = 256 << 20;

/// Slots of a pool.
pub const SLOTS: u32 = 16;

/// What `two-calls` returns.
pub const TWO_NAMES: &str = r#"{"names":["a","b"]}"#;

/// The bytes of a skill of `tests/guests`.
#[must_use]
pub fn component(skill: &str) -> Vec<u8> {
    std::fs::read(guest(skill)).unwrap()
}

/// The skill `two-calls`, linked to a server that answers at once.
#[must_use]
pub fn two_calls(engine: &Engine) -> Linked {
    two_calls_waiting(engine, Duration::ZERO)
}

/// The same, with a server that takes this long for the first call of each run.
#[must_use]
pub fn two_calls_waiting(engine: &Engine, wait: Duration) -> Linked {
    let skill = Arc::new(Skill::load(engine, &component("two-calls"), None).unwrap());
    let environment = Environment {
        catalog: catalog_of(fake(wait)),
        ..Environment::default()
    };
    link(&skill, &environment).unwrap()
}

/// The server `fake`, which takes this long for each call of `wait` with the name `a`, and answers all others at once.
#[must_use]
pub fn fake(wait: Duration) -> Arc<dyn ToolServer> {
    Arc::new(Server {
        tools: serde_json::from_value(Fake::standard_tools()).unwrap(),
        wait,
    })
}

/// Runs `two-calls` once under the default limits, and checks that it did all measured work.
pub async fn run_two_calls(linked: &Linked) {
    static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);
    let report = execute(linked, "{}", &LIMITS).await.unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.calls(), 2);
    assert_eq!(report.result.as_deref(), Some(TWO_NAMES));
}

/// The server `fake` of the tests, without a record of its calls, which would grow during the measurement.
struct Server {
    tools: Vec<Tool>,
    wait: Duration,
}

impl ToolServer for Server {
    fn name(&self) -> &str {
        "fake"
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        _tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        // Without the text that servers send beside it: the bench measures the host.
        let mut answer = CallToolResult::success(Vec::new());
        let waits = !self.wait.is_zero() && arguments.get("name").is_some_and(|name| name == "a");
        answer.structured_content = Some(arguments.into());
        if waits {
            tokio::time::sleep(self.wait)
                .map(|()| Ok(answer.into()))
                .boxed()
        } else {
            Box::pin(ready(Ok(answer.into())))
        }
    }
}
