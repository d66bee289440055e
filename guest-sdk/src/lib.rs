//! What the author of a Rust skill imports.
//!
//! A **skill** is a WebAssembly component that calls the tools of MCP servers as typed functions and returns one small
//! JSON result. `mcp-host run` runs it in a sandbox. This crate makes one of a struct, a `run` method and a macro:
//!
//! ```
//! use mcp_guest_sdk::schemars::{self, JsonSchema};
//! use mcp_guest_sdk::{Error, Skill, log, tools};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Input {
//!     /// `owner/name`.
//!     repository: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Output {
//!     open: usize,
//! }
//!
//! struct CountIssues;
//!
//! impl Skill for CountIssues {
//!     const DESCRIPTION: &str = "Counts the open issues of a repository.";
//!     type Input = Input;
//!     type Output = Output;
//!
//!     fn run(input: Input) -> Result<Output, Error> {
//!         let arguments = serde_json::json!({ "repository": input.repository });
//!         let issues: Vec<serde_json::Value> = tools::call("github", "list_issues", &arguments)?.json()?;
//!         log::info!(issues = issues.len(), "listed the issues of `{}`", input.repository);
//!         Ok(Output { open: issues.len() })
//!     }
//! }
//!
//! mcp_guest_sdk::export_skill!(CountIssues);
//! # fn main() {}
//! ```
//!
//! Compile it as a `cdylib` with `cargo build --release --target wasm32-wasip2`, and run it with `mcp-host run`. Beside
//! this crate it needs `serde`, and nothing of it is `unsafe`: `#![forbid(unsafe_code)]` holds.
//!
//! # Typed tools
//!
//! `mcp-codegen wit git-history --out wit` writes each tool of a server as a WIT function. One line makes a module of
//! them:
//!
//! ```no_run
//! # /*
//! mcp_guest_sdk::import_server!("wit/deps/mcp-server-git-history");
//! # */
//! # mcp_guest_sdk::import_server!("../examples/release-notes/wit/deps/mcp-server-git-history");
//!
//! # fn run() -> Result<(), mcp_guest_sdk::Error> {
//! let commit = git_history::get_commit(&git_history::GetCommitParams::new("HEAD"))?;
//! let (subject, files) = (commit.subject, commit.files.len());
//! # Ok(()) }
//! # fn main() {}
//! ```
//!
//! A component imports exactly the functions that the skill calls, so its import list says what it can do. See
//! [`import_server!`]. [`tools::call`] is the other way: by name, with JSON, and with a grant from the user.
//!
//! # Errors
//!
//! `?` takes every [`std::error::Error`], the [`ToolError`] of a call among them, and keeps that one whole, so that the
//! host can say which tool call ended the run and why. See [`Error`].
//!
//! # Concurrent calls
//!
//! Tools generated with `mcp-codegen wit NAME --async` are `async fn`s. Await them in an [`AsyncSkill`], several at a
//! time with [`join!`], [`try_join!`], [`join_all`] and [`try_join_all`]. Without `--async`, [`tools::call_all`] makes
//! a batch of calls at once.
//!
//! # Tests
//!
//! Natively, a skill runs against a host of the test's own: see [`testing`].

extern crate self as mcp_guest_sdk;

mod contract;
pub mod files;
mod host;
pub mod log;
mod skill;
pub mod state;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod tools;

pub use contract::{Context, Error, ToolError};
pub use skill::{AsyncSkill, Skill};

pub use futures_util::future::{join_all, try_join_all};
pub use futures_util::{join, try_join};
pub use schemars;

/// Makes a module of the typed tools of one server.
///
/// It takes the directory that `mcp-codegen wit NAME --out wit` wrote, from the skill's `Cargo.toml`. The module is
/// called as the server is, in snake case, or as `as` says:
///
/// ```no_run
/// # /*
/// mcp_guest_sdk::import_server!("wit/deps/mcp-server-git-history");
/// mcp_guest_sdk::import_server!("wit/deps/mcp-server-log" as log_server);
/// # */
/// # mcp_guest_sdk::import_server!("../examples/release-notes/wit/deps/mcp-server-git-history");
/// # mcp_guest_sdk::import_server!("../tests/guests/wit/sync/deps/mcp-server-fake" as log_server);
/// # fn main() {}
/// ```
///
/// In it are, with the server's own descriptions as their documentation:
///
/// - a function for each tool: `git_history::list_commits(&params) -> Result<_, ToolError>`. It is an `async fn` where
///   the
///   WIT was generated with `--async`. Parameters go by reference, but by value to an `async fn`, and where they are
///   nothing but numbers and flags (`Copy`);
/// - the records, enums and variants that they use. A record has `new`, which takes the fields that must be there, and
///   `Default` where none must:
///
/// ```no_run
/// # mcp_guest_sdk::import_server!("../examples/release-notes/wit/deps/mcp-server-git-history");
/// use git_history::ListCommitsParams;
///
/// # fn run() -> Result<(), mcp_guest_sdk::Error> {
/// let page = git_history::list_commits(&ListCommitsParams {
///     limit: Some(100),
///     ..ListCommitsParams::default()
/// })?;
/// # Ok(()) }
/// # fn main() {}
/// ```
///
/// Written like this, a skill still compiles when the server gains an optional parameter.
pub use mcp_guest_sdk_macros::import_server;

/// What the macros expand to. Not part of the public interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::bindings::*;
    pub use crate::skill::{describe, describe_async, run, run_async};
    #[cfg(not(target_family = "wasm"))]
    pub use crate::testing::native;
    pub use mcp_guest_sdk_macros::{Constructors, Native};
    pub use wit_bindgen;
}
