//! Runs agent-written skills against MCP servers: a skill is a WebAssembly component, the tools it needs are
//! typed imports, and its import list is its permission manifest.
//!
//! ```text
//! Skill::load -> Catalog::open -> link -> execute -> Report
//! ```
//!
//! Each step's type proves that the step before it happened. Everything up to [`link`] runs no guest code;
//! [`execute`] runs it under [`Limits`] that are always on, and says what became of it in an [`Outcome`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use mcp_host::{Allocation, Engine, Environment, Limits, Skill, execute, link, link_with};
//!
//! # async fn example() -> anyhow::Result<()> {
//! let engine = Engine::new(Allocation::OnDemand)?;
//! let skill = Arc::new(Skill::load(&engine, &std::fs::read("skill.wasm")?, None)?);
//! let linked = link(&skill, &Environment::default())?;
//! let report = execute(&linked, "{}", &Limits::default()).await?;
//! println!("{:?}: {:?}", report.outcome, report.result);
//! # Ok(())
//! # }
//! ```

mod cache;
mod calls;
mod catalog;
mod codec;
mod compile;
mod contract;
mod digest;
mod engine;
mod event;
mod execute;
mod exports;
mod files;
mod fixed;
mod host;
mod inspect;
mod limits;
mod link;
mod outcome;
mod policy;
mod reach;
mod recording;
mod run;
mod settings;
mod short;
mod skill;
mod state;
mod tape;
mod wasi;

pub use cache::{Cache, CacheEntry, CacheError, EntryState, load_key as cache_key};
pub use catalog::{Catalog, CatalogError, ToolServer};
#[doc(hidden)]
pub use codec::ToolCodec;
pub use codec::{ArgumentsError, check_arguments};
pub use compile::{CompileError, Compiler, work as compile_worker};
pub use digest::Digest;
pub use engine::{Allocation, Engine};
pub use execute::{
    DescribeError, ExecuteError, RecordError, ReplayError, Request, SkillDescription, describe,
    execute, execute_fixed, execute_until, invoke, record, replay,
};
pub use exports::{Export, ExportSchemas, Invocation, InvokeError};
pub use files::GrantedDirError;
pub use fixed::Fixed;
pub use host::{Host, HostBuilder, RunError};
pub use inspect::{
    EntryKind, ExportedFunction, InspectError, Inspection, Manifest, Producer, Tool, inspect,
};
pub use limits::{
    BadValue, InForce, Limit, Limits, Origin, Overrides, Profile, Setting, UnknownProfile, resolve,
};
pub use link::{
    Environment, ImportError, LinkError, Linked, Part, check_policy, definition, link, link_with,
    prepare,
};
pub use outcome::{Latency, Outcome, Report, Times, ToolUse, ToolUses};
pub use policy::{
    Destructive, DirGrant, Foreseen, GrantError, Grants, Policy, PolicyRefusal, ToolPattern, Why,
};
pub use recording::{Difference, LoweredLimit, Recording, RecordingError};
pub use settings::{Settings, SettingsError};
pub use skill::{LoadError, MAX_COMPONENT, Needs, Skill};
pub use state::StateStore;
