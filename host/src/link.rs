//! Links a skill's imports: compares types, builds codecs, and reports all rejected imports at once. Never calls a
//! server and never creates a Store.

mod dependencies;
mod environment;
mod error;
mod near;
mod scripted;
mod typed;
pub(crate) mod wasi;

pub use dependencies::Dependency;
pub use environment::{Environment, Linked, LinkedTool};
pub use error::{ImportError, LinkError};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::Linker;

use crate::component::digest::Digest;
use crate::component::exports::Export;
use crate::component::skill::{EntryPoint, Import, Needs, Skill};
use crate::contract;
use crate::functions;
use crate::rules::policy::Grants;
use crate::run::Run;
use crate::run::capabilities::Capabilities;
use crate::short;
use crate::storage::files::Files;
use mcp_codec::Spread;
use scripted::Scripted;

/// Rejects imports that policy denies regardless of the live server, so that no server is started for them. [`link`]
/// checks policy again, with the annotations of the live tools.
///
/// # Errors
///
/// [`LinkError::Imports`] with all such imports.
pub fn check_policy(needs: &Needs, grants: &Grants) -> Result<(), LinkError> {
    let refused = needs.tools.iter().filter_map(|tool| {
        Some(ImportError::Policy {
            instance: tool.instance.clone(),
            label: tool.label.clone(),
            refusal: Box::new(grants.predicted_refusal(&tool.server, &tool.label)?),
        })
    });
    let refused: Vec<_> = refused.collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(LinkError::Imports(refused))
}

/// The same for a skill: an error of a script has the place of each import.
///
/// # Errors
///
/// [`LinkError::Imports`] with all such imports, and [`LinkError::Script`] for a script.
pub fn check_skill_policy(skill: &Skill, grants: &Grants) -> Result<(), LinkError> {
    match skill.script() {
        Some(script) => scripted::check_policy(script, grants),
        None => check_policy(skill.needs(), grants),
    }
}

/// Satisfies every import of the skill, or reports every import that it cannot satisfy.
///
/// # Errors
///
/// When an import is unknown, policy denies it, its types do not fit the live schema, or a granted directory cannot be
/// opened.
pub fn link(skill: &Arc<Skill>, environment: &Environment) -> Result<Linked, LinkError> {
    link_with(skill, environment, &[], None)
}

/// Like [`link`], with other skills that provide the interfaces that the host itself does not. Each has its own store,
/// grants, memory and state, and shares the deadline, the fuel and the call budget of the run. `prepared` is the result
/// of [`prepare`] for the same skill.
///
/// # Errors
///
/// Those of [`link`], for the skill and for each dependency; also when dependencies form a cycle, when a dependency
/// provides no imported interface, and when an export does not have the type of the import.
pub fn link_with(
    skill: &Arc<Skill>,
    environment: &Environment,
    dependencies: &[Dependency],
    prepared: Option<Prepared>,
) -> Result<Linked, LinkError> {
    let plan = dependencies::plan(skill, dependencies)?;
    let mut linked = Vec::with_capacity(dependencies.len());
    for (dependency, served) in dependencies.iter().zip(&plan.dependencies) {
        let one = link_one(&dependency.skill, &dependency.environment, served, None);
        let one = one.map_err(|source| LinkError::Dependency {
            dependency: dependency.name.clone(),
            source: Box::new(source),
        })?;
        linked.push((dependency.name.clone(), one));
    }
    let mut main = link_one(skill, environment, &plan.main, prepared)?;
    let spreads = linked.iter().map(|(_, dependency)| dependency.spread);
    main.spread = spreads.fold(main.spread, Spread::max);
    main.dependencies = linked;
    Ok(main)
}

/// The part of linking a skill that needs no server.
pub struct Prepared {
    digest: Digest,
    linker: Linker<Run>,
}

/// Optional warm-up while servers start: builds the server-independent part of the linker, for [`link_with`]. Errors
/// are reported there.
pub fn prepare(skill: &Skill) -> Option<Prepared> {
    let prepared = own_linker(skill).and_then(|linker| {
        skill.component.initialize_copy_on_write_image()?;
        Ok(linker)
    });
    match prepared {
        Ok(linker) => Some(Prepared {
            digest: skill.digest,
            linker,
        }),
        Err(error) => {
            let error = short::error(&error);
            tracing::debug!(%error, "the skill is not prepared");
            None
        }
    }
}

/// A linker with everything that does not depend on the environment.
fn own_linker(skill: &Skill) -> wasmtime::Result<Linker<Run>> {
    let mut linker = Linker::<Run>::new(skill.component.engine());
    if skill
        .imports
        .iter()
        .any(|import| matches!(import, Import::Contract(_)))
    {
        functions::add_to_linker(&mut linker)?;
    }
    if skill.script().is_some() {
        functions::script::add_to_linker(&mut linker)?;
    }
    let wasi = skill.imports.iter().filter_map(|import| match import {
        Import::Wasi(name) => Some(name.as_str()),
        _ => None,
    });
    wasi::add_to_linker(&mut linker, wasi)?;
    Ok(linker)
}

/// Wasmtime's message contains names of the imports, which may be long.
fn unfit(error: wasmtime::Error) -> LinkError {
    LinkError::Wasmtime(short::error(&error))
}

/// Links one skill of the run, in a span of its own.
fn link_one(
    skill: &Arc<Skill>,
    environment: &Environment,
    served: &dependencies::Served<'_>,
    prepared: Option<Prepared>,
) -> Result<Linked, LinkError> {
    let span = tracing::info_span!(
        "link",
        mcp_host.skill.digest = %skill.digest,
        "error.type" = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
    );
    let linked = span.in_scope(|| satisfied(skill, environment, served, prepared));
    if let Err(error) = &linked {
        let failure = if error.is_denial() {
            "denied"
        } else {
            "link-error"
        };
        span.record("error.type", failure);
        span.record("otel.status_code", "ERROR");
    }
    linked
}

fn satisfied(
    skill: &Arc<Skill>,
    environment: &Environment,
    served: &dependencies::Served<'_>,
    prepared: Option<Prepared>,
) -> Result<Linked, LinkError> {
    let mut linker = match prepared {
        Some(prepared) if prepared.digest == skill.digest => prepared.linker,
        Some(_) | None => own_linker(skill).map_err(unfit)?,
    };
    let mut errors = Vec::new();
    let mut tools: BTreeMap<&str, Vec<typed::ImportedTool<'_>>> = BTreeMap::new();
    for import in &skill.imports {
        match import {
            Import::Contract(_) | Import::Wasi(_) | Import::Script => {}
            Import::Unknown(name) if name.starts_with(contract::PACKAGE) => {
                errors.push(ImportError::Contract(name.clone()));
            }
            Import::Unknown(name) if served.iter().any(|(known, ..)| known == name) => {}
            Import::Unknown(name) => errors.push(ImportError::Unknown(name.clone())),
            Import::Tool {
                instance,
                server,
                label,
                ty,
            } => tools
                .entry(instance)
                .or_default()
                .push(typed::ImportedTool {
                    server,
                    label,
                    ty,
                    strings: &skill.strings,
                }),
        }
    }
    let mut bound = Vec::new();
    for (instance, tools) in tools {
        let linked = typed::link(&mut linker, instance, &tools, environment, &mut bound);
        errors.extend(linked.map_err(unfit)?);
    }
    for served in served {
        dependencies::define(&mut linker, &skill.component, served, &mut errors).map_err(unfit)?;
    }
    if !errors.is_empty() {
        return Err(LinkError::Imports(errors));
    }
    let instance = linker.instantiate_pre(&skill.component).map_err(unfit)?;
    let (mut files, mut state) = (
        Cow::Borrowed(&*environment.grants),
        environment.state.clone(),
    );
    let mut scripted = Scripted::default();
    if let Some(script) = skill.script() {
        scripted = scripted::link(script, environment)?;
        // What a script does not import, it does not have, although the engine could ask for it.
        if !script.reads_files() {
            files = Cow::Owned(Grants::default());
        }
        state = state.filter(|_| script.has_state());
    }
    Ok(Linked {
        spread: spread(skill),
        skill: Arc::clone(skill),
        instance,
        capabilities: Arc::new(Capabilities {
            files: Files::open(&files, &environment.catalog)?,
            catalog: Arc::clone(&environment.catalog),
            grants: Arc::clone(&environment.grants),
            state,
            tools: bound,
            scripted: scripted.tools,
        }),
        modules: scripted.modules,
        warnings: scripted.warnings,
        no_result: scripted.no_result,
        dependencies: Vec::new(),
        observer: None,
    })
}

/// The types that are read as Wasmtime's own values: those of exported functions and of typed tools. `run` and
/// `describe` use types of this host.
fn spread(skill: &Skill) -> Spread {
    if skill.footprint.streams {
        // The types that streams carry between the component's own instances do not appear in its exports.
        return Spread::WORST;
    }
    let is_entry = |export: &Export| {
        export.instance.is_none() && matches!(export.label.as_str(), "run" | "describe")
    };
    let exports = skill.exports.iter();
    let exports = exports
        .filter(|export| !matches!(skill.entry, EntryPoint::Skill { .. }) || !is_entry(export));
    let imports = skill.imports.iter().filter_map(|import| match import {
        Import::Tool { ty, .. } => Some(ty),
        _ => None,
    });
    exports
        .map(|export| &export.ty)
        .chain(imports)
        .map(Spread::of)
        .fold(Spread::TYPED, Spread::max)
}

#[cfg(test)]
mod tests;
