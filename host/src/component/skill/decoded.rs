//! The bound on types, applied to the bytes of a component: before Wasmtime translates the types, which it does again
//! for each use of one, and before WIT, schemas or a manifest are made from them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wit_component::DecodedWasm;
use wit_parser::{Function, Interface, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem};

use super::LoadError;
use super::types::{Budget, Full};
use super::uses;

/// Rejects a component whose types are too large. The compiler says what is wrong with one that cannot be decoded.
pub(crate) fn check_bytes(bytes: &[u8]) -> Result<(), LoadError> {
    if !uses::check(bytes)? {
        return Ok(());
    }
    // The decoder is written for what componentisers make, and panics on some of what is valid all the same.
    let decoded = catch_unwind(AssertUnwindSafe(|| wit_component::decode(bytes).ok()));
    match decoded {
        Ok(Some(DecodedWasm::Component(resolve, world))) => check(&resolve, world),
        Ok(Some(DecodedWasm::WitPackage(..)) | None) | Err(_) => Ok(()),
    }
}

/// Rejects a world whose types are too large.
pub(crate) fn check(resolve: &Resolve, world: WorldId) -> Result<(), LoadError> {
    let world = &resolve.worlds[world];
    for (items, budget) in [
        (&world.imports, Budget::imports()),
        (&world.exports, Budget::exports()),
    ] {
        let mut walk = Walk { resolve, budget };
        for (key, item) in items {
            walk.item(&resolve.name_world_key(key), item)?;
        }
    }
    // Interfaces of types only are printed too.
    let mut walk = Walk {
        resolve,
        budget: Budget::imports(),
    };
    for (_, interface) in &resolve.interfaces {
        walk.interface(interface)?;
    }
    Ok(())
}

struct Walk<'a> {
    resolve: &'a Resolve,
    budget: Budget,
}

impl Walk<'_> {
    fn item(&mut self, name: &str, item: &WorldItem) -> Result<(), LoadError> {
        match item {
            WorldItem::Function(function) => self.function("", name, function),
            WorldItem::Interface { id, .. } => {
                self.budget.function("", name, |_| Ok(()))?;
                let resolve = self.resolve;
                let functions = &resolve.interfaces[*id].functions;
                functions
                    .iter()
                    .try_for_each(|(label, function)| self.function(name, label, function))
            }
            WorldItem::Type { id, .. } => self.defined(name, *id),
        }
    }

    fn interface(&mut self, interface: &Interface) -> Result<(), LoadError> {
        interface
            .types
            .iter()
            .try_for_each(|(name, id)| self.defined(name, *id))
    }

    fn defined(&mut self, name: &str, id: TypeId) -> Result<(), LoadError> {
        let resolve = self.resolve;
        let budget = &mut self.budget;
        budget.function("", name, |budget| {
            kind(resolve, budget, &resolve.types[id].kind, 1)
        })
    }

    fn function(
        &mut self,
        interface: &str,
        name: &str,
        function: &Function,
    ) -> Result<(), LoadError> {
        let resolve = self.resolve;
        self.budget.function(interface, name, |budget| {
            for param in &function.params {
                budget.part(&param.name, 0)?;
                ty(resolve, budget, &param.ty, 1)?;
            }
            optional(resolve, budget, function.result.as_ref(), 1)
        })
    }
}

fn ty(resolve: &Resolve, budget: &mut Budget, of: &Type, depth: usize) -> Result<(), Full> {
    budget.part("", depth)?;
    match of {
        Type::Id(id) => kind(resolve, budget, &resolve.types[*id].kind, depth + 1),
        _ => Ok(()),
    }
}

fn optional(
    resolve: &Resolve,
    budget: &mut Budget,
    of: Option<&Type>,
    depth: usize,
) -> Result<(), Full> {
    of.map_or(Ok(()), |of| ty(resolve, budget, of, depth))
}

fn kind(
    resolve: &Resolve,
    budget: &mut Budget,
    of: &TypeDefKind,
    depth: usize,
) -> Result<(), Full> {
    match of {
        TypeDefKind::Record(record) => record.fields.iter().try_for_each(|field| {
            budget.part(&field.name, depth)?;
            ty(resolve, budget, &field.ty, depth)
        }),
        TypeDefKind::Variant(variant) => variant.cases.iter().try_for_each(|case| {
            budget.part(&case.name, depth)?;
            optional(resolve, budget, case.ty.as_ref(), depth)
        }),
        TypeDefKind::Enum(cases) => {
            let mut cases = cases.cases.iter();
            cases.try_for_each(|case| budget.part(&case.name, depth))
        }
        TypeDefKind::Flags(flags) => {
            let mut flags = flags.flags.iter();
            flags.try_for_each(|flag| budget.part(&flag.name, depth))
        }
        TypeDefKind::Tuple(tuple) => {
            let mut types = tuple.types.iter();
            types.try_for_each(|of| ty(resolve, budget, of, depth))
        }
        TypeDefKind::Result(result) => {
            optional(resolve, budget, result.ok.as_ref(), depth)?;
            optional(resolve, budget, result.err.as_ref(), depth)
        }
        TypeDefKind::Map(key, value) => {
            ty(resolve, budget, key, depth)?;
            ty(resolve, budget, value, depth)
        }
        TypeDefKind::Option(of)
        | TypeDefKind::List(of)
        | TypeDefKind::FixedLengthList(of, _)
        | TypeDefKind::Type(of) => ty(resolve, budget, of, depth),
        TypeDefKind::Future(of) | TypeDefKind::Stream(of) => {
            optional(resolve, budget, of.as_ref(), depth)
        }
        TypeDefKind::Resource | TypeDefKind::Handle(_) | TypeDefKind::Unknown => Ok(()),
    }
}
