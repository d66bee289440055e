//! Rejects what the tools of a language cannot build, before anything is installed.

use anyhow::anyhow;
use wit_parser::{FunctionKind, Resolve, WorldId, WorldItem};

use crate::exit::Failure;

/// Rejects a world that cannot be built, before anything is installed for it.
pub(super) fn refuse_async(resolve: &Resolve, world: WorldId) -> Result<(), Failure> {
    let is_async = |kind: &FunctionKind| {
        matches!(
            kind,
            FunctionKind::AsyncFreestanding
                | FunctionKind::AsyncMethod(_)
                | FunctionKind::AsyncStatic(_)
        )
    };
    let import = resolve.worlds[world]
        .imports
        .values()
        .find_map(|item| match item {
            WorldItem::Function(function) if is_async(&function.kind) => {
                Some(function.name.clone())
            }
            WorldItem::Interface { id, .. } => resolve.interfaces[*id]
                .functions
                .values()
                .find(|function| is_async(&function.kind))
                .map(|function| function.name.clone()),
            WorldItem::Function(_) | WorldItem::Type { .. } => None,
        });
    match import {
        None => Ok(()),
        Some(name) => Err(Failure::usage(anyhow!(
            "the world imports `{name}` as an `async func`, which {} cannot do",
            "componentize-qjs"
        ))
        .hint(Some(
            "write the server's WIT again without `--async`: `mcp-codegen wit SERVER --out wit`",
        ))),
    }
}
