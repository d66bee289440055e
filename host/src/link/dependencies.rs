//! Composition: which dependency provides which interface, and whether its exports have the types of the imports.
//! Another skill provides an interface only if the host itself gives it no meaning: never a server's tools, `mcp:tools`
//! or WASI. Only values cross: a resource belongs to the store that created it.

use std::sync::Arc;

use wasmtime::AsContextMut as _;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, Val};

use super::environment::Environment;
use super::error::{ImportError, LinkError};
use crate::component::exports::Export;
use crate::component::skill::{Import, Skill};
use crate::run::{Fuel, Run};
use mcp_codec::{Signature, signature_text};

/// A skill that provides the interfaces that it exports, with grants of its own.
pub struct Dependency {
    /// Its name in messages, such as its path.
    pub name: String,
    /// The component.
    pub skill: Arc<Skill>,
    /// What it is linked against.
    pub environment: Environment,
}

/// Which imports of one skill are provided by which dependency.
pub(super) type Served<'p> = Vec<(String, usize, &'p Dependency)>;

/// The provided imports of the main skill and of each dependency.
pub(super) struct Plan<'p> {
    pub(super) main: Served<'p>,
    pub(super) dependencies: Vec<Served<'p>>,
}

/// Finds a dependency for every interface that only a dependency can provide.
pub(super) fn plan<'p>(
    skill: &Skill,
    dependencies: &'p [Dependency],
) -> Result<Plan<'p>, LinkError> {
    let mut errors = Vec::new();
    let main = served(skill, dependencies, &mut errors);
    let of_dependencies: Vec<_> = dependencies
        .iter()
        .map(|dependency| served(&dependency.skill, dependencies, &mut errors))
        .collect();
    if !errors.is_empty() {
        return Err(LinkError::Imports(errors));
    }
    if let Some(cycle) = cycle(&of_dependencies) {
        let names = cycle.into_iter().map(|at| dependencies[at].name.clone());
        return Err(LinkError::Cycle(names.collect()));
    }
    for (at, dependency) in dependencies.iter().enumerate() {
        let used = main.iter().chain(of_dependencies.iter().flatten());
        if !used.into_iter().any(|(_, served_by, _)| *served_by == at) {
            return Err(LinkError::Unused {
                dependency: dependency.name.clone(),
                exports: interfaces(&dependency.skill),
            });
        }
    }
    Ok(Plan {
        main,
        dependencies: of_dependencies,
    })
}

fn served<'p>(
    skill: &Skill,
    dependencies: &'p [Dependency],
    errors: &mut Vec<ImportError>,
) -> Served<'p> {
    let mut served = Vec::new();
    for import in &skill.imports {
        let Import::Unknown(name) = import else {
            continue;
        };
        let mut found = dependencies
            .iter()
            .enumerate()
            .filter(|(_, dependency)| exports_of(&dependency.skill, name).next().is_some());
        match (found.next(), found.next()) {
            (Some((at, dependency)), None) => served.push((name.clone(), at, dependency)),
            (Some((_, first)), Some((_, second))) => errors.push(ImportError::Ambiguous {
                import: name.clone(),
                dependencies: [first.name.clone(), second.name.clone()],
            }),
            (None, _) => {}
        }
    }
    served
}

/// A dependency cycle, if one exists. Each dependency is visited once.
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

/// Defines the functions of one imported interface by those that the dependency exports.
pub(super) fn define(
    linker: &mut Linker<Run>,
    component: &Component,
    (instance, at, dependency): &(String, usize, &Dependency),
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
        match fit(instance, label, &ty, dependency) {
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
    dependency: &'p Dependency,
) -> Result<&'p Export, ImportError> {
    let import = format!("{instance}#{label}");
    let Some(export) = exports_of(&dependency.skill, instance).find(|export| export.label == label)
    else {
        return Err(ImportError::NotExported {
            import,
            dependency: dependency.name.clone(),
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
        return Err(ImportError::DependencyMismatch {
            dependency: dependency.name.clone(),
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
    dependency: usize,
    export: &Export,
) -> wasmtime::Result<()> {
    let index = export.index;
    if ty.async_() {
        linker.func_new_concurrent(label, move |accessor, _, params, results| {
            Box::pin(async move {
                let (dependencies, fuel) = accessor.with(|mut access| -> wasmtime::Result<_> {
                    let dependencies = access.get().dependencies()?;
                    Ok((
                        dependencies,
                        Fuel::Shared(access.as_context_mut().get_fuel()?),
                    ))
                })?;
                let (done, used) = dependencies
                    .call(dependency, index, params, results, fuel)
                    .await;
                accessor.with(|mut access| {
                    let mut store = access.as_context_mut();
                    // The guest continued meanwhile, with the fuel that it had.
                    let left = store.get_fuel()?.saturating_sub(used);
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
                    let dependencies = store.data().dependencies()?;
                    let fuel = store.get_fuel()?;
                    let (done, used) = dependencies
                        .call(dependency, index, params, results, Fuel::Handed(fuel))
                        .await;
                    store.set_fuel(fuel.saturating_sub(used))?;
                    store.data().meter.lower(done?);
                    Ok(())
                })
            },
        )
    }
}

#[cfg(test)]
#[path = "dependencies/tests.rs"]
mod tests;
