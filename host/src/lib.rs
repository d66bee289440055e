//! Runs agent-written skills against MCP servers: a skill is a WebAssembly component, the tools it needs are
//! typed imports, and its import list is its permission manifest.
//!
//! ```text
//! Skill::load -> Catalog::open -> link -> execute -> Report
//! ```
//!
//! Each step's type proves that the step before it happened. Everything up to [`link`] runs no guest code; [`execute`]
//! runs it under [`Limits`] that are always on, and reports how it ended in an [`Outcome`].
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

mod catalog;
mod component;
mod contract;
mod event;
mod execute;
mod functions;
mod host;
mod inspect;
mod ledger;
mod link;
mod observe;
mod recording;
mod report;
mod rules;
mod run;
mod run_store;
mod short;
mod storage;
mod type_check;

pub use catalog::{Catalog, CatalogError, ToolServer};
pub use component::cache::{Cache, CacheEntry, CacheError, EntryState, load_key as cache_key};
pub use component::compile::{Compiler, work as compile_worker};
pub use component::digest::Digest;
pub use component::engine::{Allocation, Engine};
pub use component::exports::{Export, ExportSchemas, Invocation, InvokeError};
pub use component::script_engine::{ScriptEngine, ScriptImage};
pub use component::skill::{
    CompileError, LoadError, MAX_COMPONENT, Needs, ScriptError, ScriptText, Skill,
};
pub use contract::call_outcome;
pub use execute::{
    DescribeError, ExecuteError, LedgerRunError, RecordError, ReplayError, Request,
    SkillDescription, Spent, describe, describe_counted, execute, execute_fixed, execute_ledger,
    execute_until, invoke, record, replay,
};
pub use host::{Host, HostBuilder, LoadScriptError, RunError};
pub use inspect::{
    EntryKind, ExportedFunction, InspectError, Inspection, Manifest, Producer, Tool, inspect,
    inspect_script,
};
pub use ledger::{
    CallState, Channel, Decided, DriftedTool, Ledger, LedgerCall, LedgerError, LedgerView,
    Question, QuestionKind, REFUSED_BY_USER, Scope, Standing, WaitEvent,
};
pub use link::{
    Dependency, Environment, ImportError, LinkError, Linked, LinkedTool, Prepared, check_policy,
    check_skill_policy, link, link_with, prepare,
};
pub use mcp_codec::{ArgumentsError, Misfit, check_arguments, conforms, definition};
pub use observe::{
    CallArguments, CallDecision, CallOver, CallStarted, Observer, RunEnd, RunEvents, RunStarted,
};
pub use recording::{Difference, LoweredLimit, Recording, RecordingError};
pub use report::{
    Attachment, AttachmentKind, FailedCall, Latency, Outcome, Report, Times, ToolUse, ToolUses,
    millis,
};
pub use rules::determinism::{Determinism, random};
pub use rules::limits::{
    BadValue, InForce, Limit, Limits, Origin, Overrides, Profile, Setting, UnknownProfile, resolve,
};
pub use rules::policy::{
    Applies, Check, Condition, DayCounts, Decider, Decision, DenyReason, Destructive, DirGrant,
    Entry, Explained, GrantError, Grants, Hints, KnownServer, Place, Pointer, PointerError, Policy,
    PolicyRefusal, PolicyTable, Rule, ToolPattern, ToolRules, Under, UnderError, Verdict,
    unmatched_grants,
};
pub use rules::settings::{
    AlwaysError, AuditSettings, AuthorizationSettings, ScopeSettings, Settings, SettingsError,
    TypeCheck, parse_wait,
};
pub use run::attachments::handles;
pub use run_store::{Glance, RunInfo, RunOwner, RunStamp, RunStore, RunStoreError, run_id};
pub use storage::day_counts::DayFiles;
pub use storage::files::GrantedDirError;
pub use storage::state::{StateStore, StoredState, StoredStateError};
pub use type_check::{TypeCheckError, TypeChecker};
