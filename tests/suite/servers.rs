//! Third-party servers, pinned in `tests/servers`: a skill uses each of them live, through the typed interface that
//! `mcp-codegen` writes for it.

mod command;
mod direct;
mod node;
mod over_http;
pub(crate) mod pinned;
mod python;
mod skills;

use std::collections::BTreeMap;

use mcp_host::Outcome;
use mcp_tests::Setup;
use pinned::Pinned;
use serde_json::Value;

/// The result and the calls of a finished run.
struct Ran {
    result: Value,
    /// Calls by wire name, and how many of them failed.
    calls: BTreeMap<String, (u32, u32)>,
}

/// Builds the skill of `tests/servers/skills` against the live server and runs it with that server, in this process.
async fn run(skill: &str, server: &Pinned, input: &Value) -> Ran {
    let component = skills::component(skill, server);
    let report = Setup::default()
        .live(server.connect().await)
        .try_run(&component, &input.to_string())
        .await
        .unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    Ran {
        result: serde_json::from_str(&report.result.unwrap()).unwrap(),
        calls: report
            .tools
            .iter()
            .map(|(tool, made)| (tool.to_owned(), (made.calls, made.errors)))
            .collect(),
    }
}

impl Ran {
    /// Compares the whole result, and all calls as (server/tool, calls, failed calls).
    #[track_caller]
    fn is(&self, result: &Value, calls: &[(&str, u32, u32)]) {
        assert_eq!(&self.result, result);
        let made: Vec<_> = self
            .calls
            .iter()
            .map(|(tool, (calls, errors))| (tool.as_str(), *calls, *errors))
            .collect();
        assert_eq!(made, calls);
    }
}
