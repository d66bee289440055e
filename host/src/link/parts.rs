//! Composition: which part serves which interface, and whether what it exports is what is imported.
//! An interface is served by another skill only if the host itself has no meaning for it: never a server's tools,
//! `mcp:tools` or WASI. Nothing but values crosses: a resource belongs to the store that made it.

use std::sync::Arc;

use wasmtime::AsContextMut as _;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, Val};

use super::environment::Environment;
use super::error::{ImportError, LinkError};
use crate::component::exports::Export;
use crate::component::skill::{Import, Skill};
use crate::run::Run;
use mcp_codec::{Signature, signature_text};

/// A skill that serves the interfaces which it exports, with grants of its own.
pub struct Part {
    /// What messages call it: its path, for example.
    pub name: String,
    /// The component.
    pub skill: Arc<Skill>,
    /// What it is linked against.
    pub environment: Environment,
}

/// Which imports of one skill are served by which part.
pub(super) type Served<'p> = Vec<(String, usize, &'p Part)>;

/// The served imports of the main skill and of each part.
pub(super) struct Plan<'p> {
    pub(super) main: Served<'p>,
    pub(super) parts: Vec<Served<'p>>,
}

/// Finds a part for every interface that only a part can serve.
pub(super) fn plan<'p>(skill: &Skill, parts: &'p [Part]) -> Result<Plan<'p>, LinkError> {
    let mut errors = Vec::new();
    let main = served(skill, parts, &mut errors);
    let of_parts: Vec<_> = parts
        .iter()
        .map(|part| served(&part.skill, parts, &mut errors))
        .collect();
    if !errors.is_empty() {
        return Err(LinkError::Imports(errors));
    }
    if let Some(cycle) = cycle(&of_parts) {
        let names = cycle.into_iter().map(|at| parts[at].name.clone());
        return Err(LinkError::Cycle(names.collect()));
    }
    for (at, part) in parts.iter().enumerate() {
        let used = main.iter().chain(of_parts.iter().flatten());
        if !used.into_iter().any(|(_, served_by, _)| *served_by == at) {
            return Err(LinkError::Unused {
                part: part.name.clone(),
                exports: interfaces(&part.skill),
            });
        }
    }
    Ok(Plan {
        main,
        parts: of_parts,
    })
}

fn served<'p>(skill: &Skill, parts: &'p [Part], errors: &mut Vec<ImportError>) -> Served<'p> {
    let mut served = Vec::new();
    for import in &skill.imports {
        let Import::Unknown(name) = import else {
            continue;
        };
        let mut found = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| exports_of(&part.skill, name).next().is_some());
        match (found.next(), found.next()) {
            (Some((at, part)), None) => served.push((name.clone(), at, part)),
            (Some((_, first)), Some((_, second))) => errors.push(ImportError::Ambiguous {
                import: name.clone(),
                parts: [first.name.clone(), second.name.clone()],
            }),
            (None, _) => {}
        }
    }
    served
}

/// A cycle among the parts that serve each other, if there is one. Each part is looked at once.
fn cycle(served: &[Served<'_>]) -> Option<Vec<usize>> {
    let mut cleared = vec![false; served.len()];
    let mut way: Vec<(usize, usize)> = Vec::new();
    for start in 0..served.len() {
        if !cleared[start] {
            way.push((start, 0));
        }
        while let Some((at, next)) = way.last_mut() {
            let Some((_, to, _)) = served[*at].get(*next) else {
                cleared[*at] = true;
                way.pop();
                continue;
            };
            *next += 1;
            if let Some(back) = way.iter().position(|(passed, _)| passed == to) {
                let mut cycle: Vec<_> = way[back..].iter().map(|(at, _)| *at).collect();
                cycle.push(*to);
                return Some(cycle);
            }
            if !cleared[*to] {
                way.push((*to, 0));
            }
        }
    }
    None
}

fn exports_of<'s>(skill: &'s Skill, instance: &str) -> impl Iterator<Item = &'s Export> {
    skill
        .exports
        .iter()
        .filter(move |export| export.instance.as_deref() == Some(instance))
}

fn interfaces(skill: &Skill) -> Vec<String> {
    let mut names: Vec<_> = skill
        .exports
        .iter()
        .filter_map(|export| export.instance.clone())
        .collect();
    names.dedup();
    names
}

/// Defines the functions of one imported interface by those that the part exports.
pub(super) fn define(
    linker: &mut Linker<Run>,
    component: &Component,
    (instance, at, part): &(String, usize, &Part),
    errors: &mut Vec<ImportError>,
) -> wasmtime::Result<()> {
    let engine = component.engine();
    let Some(ComponentItem::ComponentInstance(imported)) = component
        .component_type()
        .get_import(engine, instance)
        .map(|item| item.ty)
    else {
        errors.push(ImportError::Unknown(instance.clone()));
        return Ok(());
    };
    let mut linker = linker.instance(instance)?;
    for (label, item) in imported.exports(engine) {
        let ty = match item.ty {
            ComponentItem::ComponentFunc(ty) => ty,
            ComponentItem::Resource(_) => {
                errors.push(ImportError::Crossing {
                    import: format!("{instance}#{label}"),
                    what: "a resource".to_owned(),
                });
                continue;
            }
            _ => continue,
        };
        match fit(instance, label, &ty, part) {
            Ok(export) => forward(&mut linker, label, &ty, *at, export)?,
            Err(error) => errors.push(error),
        }
    }
    Ok(())
}

fn fit<'p>(
    instance: &str,
    label: &str,
    imported: &ComponentFunc,
    part: &'p Part,
) -> Result<&'p Export, ImportError> {
    let import = format!("{instance}#{label}");
    let Some(export) = exports_of(&part.skill, instance).find(|export| export.label == label)
    else {
        return Err(ImportError::NotExported {
            import,
            part: part.name.clone(),
        });
    };
    if let Err(unsupported) = Signature::of(imported) {
        return Err(ImportError::Crossing {
            import,
            what: format!("{} with {}", unsupported.place, unsupported.what),
        });
    }
    let exported = &export.ty;
    let same = imported.async_() == exported.async_()
        && imported.params().eq(exported.params())
        && imported.results().eq(exported.results());
    if !same {
        return Err(ImportError::PartMismatch {
            part: part.name.clone(),
            imported: signature_text(&import, imported),
            exported: signature_text(label, exported),
        });
    }
    Ok(export)
}

fn forward(
    linker: &mut wasmtime::component::LinkerInstance<'_, Run>,
    label: &str,
    ty: &ComponentFunc,
    part: usize,
    export: &Export,
) -> wasmtime::Result<()> {
    let index = export.index;
    if ty.async_() {
        linker.func_new_concurrent(label, move |accessor, _, params, results| {
            Box::pin(async move {
                let (parts, fuel) = accessor.with(|mut access| -> wasmtime::Result<_> {
                    let parts = access.get().parts()?;
                    let mut store = access.as_context_mut();
                    // The guest goes on meanwhile, and may make more such calls: each takes half of what is left.
                    let left = store.get_fuel()?;
                    store.set_fuel(left - left / 2)?;
                    Ok((parts, left / 2))
                })?;
                let (done, used) = parts.call(part, index, params, results, fuel).await;
                accessor.with(|mut access| {
                    let mut store = access.as_context_mut();
                    let unused = fuel.saturating_sub(used);
                    let left = store.get_fuel()?.saturating_add(unused);
                    store.set_fuel(left)?;
                    store.data().meter.lower(done?);
                    Ok(())
                })
            })
        })
    } else {
        linker.func_new_async(
            label,
            move |mut store, _, params: &[Val], results: &mut [Val]| {
                Box::new(async move {
                    let parts = store.data().parts()?;
                    let fuel = store.get_fuel()?;
                    let (done, used) = parts.call(part, index, params, results, fuel).await;
                    store.set_fuel(fuel.saturating_sub(used))?;
                    store.data().meter.lower(done?);
                    Ok(())
                })
            },
        )
    }
}

#[cfg(test)]
#[path = "parts/tests.rs"]
mod tests;
