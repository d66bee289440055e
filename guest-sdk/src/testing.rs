//! Tests of a skill without a host: `cargo test` in its directory, with no wasm and no server.
//!
//! Skills compile natively too, and then every host function goes to the [`Host`] of the test. It answers with doubles,
//! or with what `mcp-host run --record` recorded ([`Recording`]):
//!
//! ```
//! use mcp_guest_sdk::testing::{Host, structured};
//! use mcp_guest_sdk::{Error, Skill, log, state, tools};
//!
//! struct CountIssues;
//!
//! impl Skill for CountIssues {
//!     const DESCRIPTION: &str = "Counts the open issues of a repository, and how many there are more than last time.";
//!     type Input = String;
//!     type Output = (usize, usize);
//!
//!     fn run(repository: String) -> Result<(usize, usize), Error> {
//!         let arguments = serde_json::json!({ "repository": repository });
//!         let issues: Vec<serde_json::Value> = tools::call("github", "list_issues", &arguments)?.json()?;
//!         log::info!(issues = issues.len(), "listed the issues");
//!         let before = state::get("issues")?.unwrap_or(0);
//!         state::set("issues", &issues.len())?;
//!         Ok((issues.len(), issues.len() - before))
//!     }
//! }
//!
//! let host = Host::new()
//!     .named_tool("github", "list_issues", |arguments| {
//!         assert_eq!(arguments["repository"], "owner/name");
//!         Ok(structured(serde_json::json!([{ "number": 1 }, { "number": 2 }])))
//!     })
//!     .state("issues", &1);
//!
//! let counted = host.run::<CountIssues>("owner/name").unwrap();
//! assert_eq!(counted, serde_json::json!([2, 1]));
//! assert_eq!(host.state_of("issues"), Some(serde_json::json!(2)));
//! assert_eq!(host.log()[0].message, "listed the issues");
//! assert_eq!(host.calls().len(), 1);
//! ```
//!
//! Typed tools have doubles with their own types: `git_history::doubles::get_commit` makes one of a closure.
//!
//! ```
//! # mcp_guest_sdk::import_server!("../examples/release-notes/wit/deps/mcp-server-git-history");
//! use git_history::{GetCommitParams, ListTagsParams, ListTagsResult, Tag};
//! use mcp_guest_sdk::testing::Host;
//!
//! # fn main() {
//! let host = Host::new().tool(git_history::doubles::list_tags(|params| {
//!     assert_eq!(params.limit, Some(1));
//!     Ok(ListTagsResult::new(vec![Tag::new("v1", "c1", "2026-01-01T00:00:00Z")]))
//! }));
//! let newest = host.scope(|| git_history::list_tags(ListTagsParams { limit: Some(1) }));
//! assert_eq!(newest.unwrap().tags[0].name, "v1");
//! # }
//! ```
//!
//! A tool, a file or a call that the test did not provide for is a panic that says so: it is the test that lacks
//! something. A component has no such module.

mod cases;
#[doc(hidden)]
pub mod native;
mod numbers;
mod playback;
mod recording;
mod seen;
mod wire;
#[doc(hidden)]
pub mod wit;
mod world;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use serde::Serialize;
use serde_json::Value;

use crate::contract::bindings::types::{ContentBlock, ToolResult};
use crate::{AsyncSkill, Error, Skill, ToolError};

pub use native::Double;
pub use recording::Recording;
pub use seen::{Call, Event};

use playback::Playback;
use world::World;

/// The host of one test: the answers to the skill's calls, and a record of what the skill did.
///
/// It belongs to one thread, as a run does to one skill. State and files stay from run to run.
#[derive(Default)]
pub struct Host {
    world: Rc<RefCell<World>>,
}

impl Host {
    /// Without tools and files, and with an empty state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers every call with its recorded answer: tools, files and state. Calls may come in another order than in the
    /// recording, but each of them once. Doubles of tools take precedence over the recording.
    #[must_use]
    pub fn replaying(recording: &Recording) -> Self {
        let host = Self::default();
        host.world.borrow_mut().playback = Some(Playback::new(recording));
        host
    }

    /// Adds a double of a typed tool.
    #[must_use]
    pub fn tool(self, double: Double) -> Self {
        self.world
            .borrow_mut()
            .put_double(double.server, double.label, double.answer);
        self
    }

    /// Adds a double of a tool that is called by name: [`tools::call`](crate::tools::call) and its batch.
    #[must_use]
    pub fn named_tool(
        self,
        server: &str,
        tool: &str,
        answer: impl FnMut(Value) -> Result<ToolResult, ToolError> + 'static,
    ) -> Self {
        self.world
            .borrow_mut()
            .put_named(server, tool, Box::new(answer));
        self
    }

    /// Adds a file, and with it the directories above it.
    #[must_use]
    pub fn file(self, path: &str, contents: impl Into<Vec<u8>>) -> Self {
        self.world
            .borrow_mut()
            .files
            .insert(path.to_owned(), contents.into());
        self
    }

    /// Lets the skill write files under this directory.
    #[must_use]
    pub fn writable(self, dir: &str) -> Self {
        self.world.borrow_mut().writable.insert(dir.to_owned());
        self
    }

    /// Puts a value into the state, as JSON.
    ///
    /// # Panics
    ///
    /// When the value cannot be JSON.
    #[must_use]
    pub fn state(self, key: &str, value: &impl Serialize) -> Self {
        let seeded = self.world.borrow_mut().seed(key, value);
        if let Err(error) = seeded {
            panic!("the value for state key `{key}` cannot be written as JSON: {error}");
        }
        self
    }

    /// Runs a skill once, by way of JSON as a component is run.
    ///
    /// # Errors
    ///
    /// The skill's own error.
    ///
    /// # Panics
    ///
    /// When `input` cannot be JSON, or when the skill makes a call that this host has no answer for.
    pub fn run<S: Skill>(&self, input: impl Serialize) -> Result<Value, Error> {
        let input = input_text(&input);
        let output = self.scope(|| crate::skill::run::<S>(&input))?;
        Ok(serde_json::from_str(&output)?)
    }

    /// The same for a skill that awaits `async` tools.
    ///
    /// # Errors
    ///
    /// The skill's own error.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run); also when the skill awaits something other than its tools.
    pub fn run_async<S: AsyncSkill>(&self, input: impl Serialize) -> Result<Value, Error> {
        let input = input_text(&input);
        let output = self.scope(|| block_on(crate::skill::run_async::<S>(input)))?;
        Ok(serde_json::from_str(&output)?)
    }

    /// Makes this the host of the calls in `test`, for tests of a part of a skill.
    pub fn scope<R>(&self, test: impl FnOnce() -> R) -> R {
        native::within(&self.world, test)
    }

    /// The calls of tools so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.world.borrow().calls.clone()
    }

    /// The log events so far.
    #[must_use]
    pub fn log(&self) -> Vec<Event> {
        self.world.borrow().log.clone()
    }

    /// The current contents of a file.
    #[must_use]
    pub fn contents_of(&self, path: &str) -> Option<Vec<u8>> {
        self.world.borrow().files.get(path).cloned()
    }

    /// The current value of a state key; `None` if it is absent or not JSON.
    #[must_use]
    pub fn state_of(&self, key: &str) -> Option<Value> {
        let world = self.world.borrow();
        serde_json::from_slice(&world.state.get(key)?.value).ok()
    }

    /// The recorded calls that the skill did not make. Empty without a recording.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let world = self.world.borrow();
        world
            .playback
            .as_ref()
            .map_or_else(Vec::new, Playback::unused)
    }
}

/// A tool's response with `structuredContent`.
#[must_use]
pub fn structured(content: Value) -> ToolResult {
    ToolResult {
        structured: Some(content.to_string()),
        content: Vec::new(),
    }
}

/// A tool's response of text alone.
#[must_use]
pub fn text(text: impl Into<String>) -> ToolResult {
    ToolResult {
        structured: None,
        content: vec![ContentBlock::Text(text.into())],
    }
}

/// The error of a tool that ran and answered `isError` with this text.
#[must_use]
pub fn failed(message: impl Into<String>) -> ToolError {
    ToolError::Failed(text(message))
}

fn input_text(input: &impl Serialize) -> String {
    serde_json::to_string(input)
        .unwrap_or_else(|error| panic!("the input cannot be written as JSON: {error}"))
}

/// Doubles answer at once, so one poll is enough, or a few if futures take turns.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// The number of polls after which the future is considered stuck.
    const PATIENCE: usize = 100_000;
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..PATIENCE {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("the skill awaits something that no double answers");
}
