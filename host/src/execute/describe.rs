//! Asks a skill what it is, without giving it anything: every import traps.

use wasmtime::Store;
use wasmtime::component::Linker;

use crate::contract::Description;
use crate::limits::{Limits, Meter};
use crate::skill::{Entry, Import, Skill};

/// What a skill says about itself.
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

/// A skill that did not say what it is.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// An ordinary program.
    #[error("a `wasi:cli/run` program has no `describe`")]
    Command,
    /// Typed functions and nothing else: [`Skill::exports`] says what these are.
    #[error("the skill has no `describe`, only functions")]
    Functions,
    /// It took longer than it may.
    #[error("`describe` did not return within {0:?}")]
    TimedOut(std::time::Duration),
    /// It trapped, used an import, or went past a limit.
    #[error("`describe` failed; it may use no import")]
    Stopped(#[source] wasmtime::Error),
}

/// Calls `describe` under the limits.
///
/// # Errors
///
/// When the skill has no `describe`, or when the call traps or runs into a limit.
pub async fn describe(skill: &Skill, limits: &Limits) -> Result<SkillDescription, DescribeError> {
    match skill.entry {
        Entry::Skill { .. } => {}
        Entry::Command { .. } => return Err(DescribeError::Command),
        Entry::Functions => return Err(DescribeError::Functions),
    }
    let called = tokio::time::timeout(limits.timeout, call(skill, limits)).await;
    let description = called
        .map_err(|_| DescribeError::TimedOut(limits.timeout))?
        .map_err(DescribeError::Stopped)?;
    Ok(SkillDescription {
        name: description.name,
        description: description.description,
        input_schema: description.input_schema,
        output_schema: description.output_schema,
    })
}

/// A standard library asks for a seed when a program first makes a hash map. A constant says nothing
/// about the machine, so it is no capability.
fn seed_hash_maps(linker: &mut Linker<Meter>, skill: &Skill) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    for import in &skill.imports {
        if let Import::Wasi(name) = import
            && name.starts_with("wasi:random/insecure-seed@0.2.")
        {
            linker
                .instance(name)?
                .func_wrap("insecure-seed", |_, (): ()| Ok(((0_u64, 0_u64),)))?;
        }
    }
    Ok(())
}

async fn call(skill: &Skill, limits: &Limits) -> wasmtime::Result<Description> {
    let mut linker = Linker::<Meter>::new(skill.component.engine());
    linker.define_unknown_imports_as_traps(&skill.component)?;
    seed_hash_maps(&mut linker, skill)?;
    let mut store = Store::new(skill.component.engine(), Meter::new(limits));
    store.limiter(|meter| meter);
    store.set_fuel(limits.fuel)?;
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    store.set_hostcall_fuel(limits.transfer);
    store.set_max_component_handles(limits.handles);
    let instance = linker
        .instantiate_async(&mut store, &skill.component)
        .await?;
    let describe = instance.get_typed_func::<(), (Description,)>(&mut store, "describe")?;
    let (description,) = describe.call_async(&mut store, ()).await?;
    Ok(description)
}
