//! Asks a skill to describe itself, without any capability. Its standard library finds empty stand-ins while it starts:
//! no arguments, no environment, no files, a clock that stands still, and the same random numbers every time. Every
//! other import traps.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Linker, LinkerInstance, ResourceTable, ResourceType};

use super::backtrace::trap_error;
use super::turns::in_turns;
use crate::component::skill::{EntryPoint, Import, Skill};
use crate::contract::Description;
use crate::link::wasi;
use crate::rules::determinism::Determinism;
use crate::rules::limits::{DeadlinePassed, Limits, Meter};
use crate::run::capabilities::Capabilities;
use crate::run::kept::KeptAnswers;
use crate::run::wasi::{Streams, Wasi};
use crate::run::{LogMeter, Run, Usage};
use crate::short;
use crate::storage::files::Files;

/// A skill's description of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillDescription {
    /// Its name, lowercase with hyphens.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of the input, as text.
    pub input_schema: Option<String>,
    /// JSON Schema of the output, as text.
    pub output_schema: Option<String>,
}

/// A skill that did not describe itself.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// An ordinary program.
    #[error("a `wasi:cli/run` program has no `describe`")]
    Command,
    /// Only typed functions: [`Skill::exports`] lists these.
    #[error("the skill has no `describe`, only functions")]
    Functions,
    /// A script.
    #[error("a script has no `describe`; `inspect` shows what it may do")]
    Script,
    /// `describe` did not return before its deadline.
    #[error("`describe` did not return within {0:?}")]
    TimedOut(Duration),
    /// `describe` trapped, used an import, or exceeded a limit.
    #[error("`describe` failed; it may use no import")]
    Stopped(#[source] wasmtime::Error),
}

/// Calls `describe` under the limits.
///
/// # Errors
///
/// When the skill has no `describe`, or when the call traps or runs into a limit.
pub async fn describe(skill: &Skill, limits: &Limits) -> Result<SkillDescription, DescribeError> {
    describe_counted(skill, limits).await.0
}

/// What a skill used to describe itself. A run that asks first has that much less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Wall clock.
    pub time: Duration,
    /// Fuel.
    pub fuel: u64,
}

/// The same as [`describe`], and what it used.
pub async fn describe_counted(
    skill: &Skill,
    limits: &Limits,
) -> (Result<SkillDescription, DescribeError>, Spent) {
    let mut spent = Spent::default();
    match skill.entry {
        EntryPoint::Skill { .. } => {}
        EntryPoint::Command { .. } => return (Err(DescribeError::Command), spent),
        EntryPoint::Functions => return (Err(DescribeError::Functions), spent),
        EntryPoint::Script { .. } => return (Err(DescribeError::Script), spent),
    }
    let started = Instant::now();
    let described = described(skill, limits, &mut spent.fuel).await;
    spent.time = started.elapsed();
    (described, spent)
}

async fn described(
    skill: &Skill,
    limits: &Limits,
    fuel: &mut u64,
) -> Result<SkillDescription, DescribeError> {
    let stopped = |error: wasmtime::Error| DescribeError::Stopped(trap_error(&error));
    let run = powerless(limits).map_err(stopped)?;
    let mut store = super::store(skill.component.engine(), run, limits).map_err(stopped)?;
    let called = tokio::time::timeout(limits.timeout, call(skill, &mut store, limits)).await;
    *fuel = limits
        .fuel
        .saturating_sub(store.get_fuel().unwrap_or_default());
    let timed_out = || DescribeError::TimedOut(limits.timeout);
    let description =
        called
            .map_err(|_| timed_out())?
            .map_err(|error| match error.is::<DeadlinePassed>() {
                true => timed_out(),
                false => stopped(error),
            })?;
    Ok(SkillDescription {
        name: description.name,
        description: description.description,
        input_schema: description.input_schema,
        output_schema: description.output_schema,
    })
}

async fn call(
    skill: &Skill,
    store: &mut Store<Run>,
    limits: &Limits,
) -> wasmtime::Result<Description> {
    let mut linker = Linker::<Run>::new(skill.component.engine());
    let wasi = skill.imports.iter().filter_map(|import| match import {
        Import::Wasi(name) => Some(name.as_str()),
        Import::Contract(_) | Import::Tool { .. } | Import::Script | Import::Unknown(_) => None,
    });
    wasi::add_to_linker(&mut linker, wasi)?;
    trap_others(&mut linker, skill)?;

    super::charge(store, skill.footprint, limits)?;
    let account = Arc::clone(&store.data().usage.account);
    in_turns(&account, async {
        let instance = linker
            .instantiate_async(&mut *store, &skill.component)
            .await?;
        let describe = instance.get_typed_func::<(), (Description,)>(&mut *store, "describe")?;
        let (description,) = describe.call_async(&mut *store, ()).await?;
        Ok(description)
    })
    .await
}

/// A run without any capability, the same every time.
fn powerless(limits: &Limits) -> wasmtime::Result<Run> {
    let (catalog, grants) = (Arc::default(), Arc::default());
    let fixed = Determinism {
        seed: Some(0),
        clock: Some(SystemTime::UNIX_EPOCH),
    };
    let start = Instant::now();
    // Output of `describe` is discarded.
    let usage = Arc::new(Usage {
        log: LogMeter::new(0),
        ..Usage::new(limits, start)
    });
    Ok(Run {
        wasi: Wasi::new(start, Streams::Log, fixed),
        table: ResourceTable::new(),
        meter: Meter::new(limits, &usage.account),
        usage,
        capabilities: Arc::new(Capabilities {
            files: Files::open(&grants, &catalog)?,
            catalog,
            grants,
            state: None,
            tools: Vec::new(),
            scripted: Vec::new(),
        }),
        kept: KeptAnswers::default(),
        quota: super::quota(limits),
        call_log: None,
        dependencies: None,
    })
}

/// Wasmtime's own stubs would take the place of WASI where a component imports another version of it than the host has.
fn trap_others(linker: &mut Linker<Run>, skill: &Skill) -> wasmtime::Result<()> {
    let engine = skill.component.engine();
    for (name, item) in skill.component.component_type().imports(engine) {
        match &item.ty {
            _ if name.starts_with("wasi:") => {}
            ComponentItem::ComponentInstance(instance) => {
                let mut traps = linker.instance(name)?;
                for (label, export) in instance.exports(engine) {
                    trap(&mut traps, name, label, &export.ty)?;
                }
            }
            item => trap(&mut linker.root(), "the world", name, item)?,
        }
    }
    Ok(())
}

fn trap(
    linker: &mut LinkerInstance<'_, Run>,
    interface: &str,
    label: &str,
    item: &ComponentItem,
) -> wasmtime::Result<()> {
    match item {
        ComponentItem::ComponentFunc(ty) => {
            let why = format!(
                "`{}` of {} was called",
                short::name(label),
                short::name(interface)
            );
            if ty.async_() {
                linker.func_new_concurrent(label, move |_, _, _, _| {
                    let why = why.clone();
                    Box::pin(async move { Err(wasmtime::Error::msg(why)) })
                })
            } else {
                linker.func_new(label, move |_, _, _, _| {
                    Err(wasmtime::Error::msg(why.clone()))
                })
            }
        }
        ComponentItem::Resource(_) => {
            linker.resource(label, ResourceType::host::<()>(), |_, _| Ok(()))
        }
        // Types are compared by their structure, and nothing else can be imported from a host.
        _ => Ok(()),
    }
}
