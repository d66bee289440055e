//! Typed imports: each function of `mcp-server:NAME/tools` becomes a call to one tool.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use futures_util::TryFutureExt as _;
use mcp_bridge::Drift;
use mcp_codegen::near::nearest;
use mcp_codegen::{Budget, names};
use wasmtime::StoreContext;
use wasmtime::component::Linker;
use wasmtime::component::types::ComponentFunc;

use super::environment::Environment;
use super::error::ImportError;
use crate::catalog;
use crate::rules::limits::Charge;
use crate::rules::policy::{Grants, Hints};
use crate::run::Run;
use crate::run::typed_tool::TypedTool;
use mcp_codec::{Mismatch, Strings, ToolCodec, definition};

/// One function that a component imports.
pub(super) struct ImportedTool<'a> {
    pub(super) server: &'a str,
    pub(super) label: &'a str,
    pub(super) ty: &'a ComponentFunc,
    /// Which strings of the component are JSON text.
    pub(super) strings: &'a Strings,
}

/// Links the imported functions of one server. Adds the tool of each to `bound`. Returns the rejected imports.
pub(super) fn link(
    linker: &mut Linker<Run>,
    instance: &str,
    imported: &[ImportedTool<'_>],
    environment: &Environment,
    bound: &mut Vec<TypedTool>,
) -> wasmtime::Result<Vec<ImportError>> {
    let Some(label) = imported.first().map(|tool| tool.server) else {
        return Ok(Vec::new());
    };
    let Some(entry) = environment.catalog.by_label(label) else {
        return Ok(vec![ImportError::Server {
            server: label.to_owned(),
        }]);
    };
    let mut linker = linker.instance(instance)?;
    let mut refused = Vec::new();
    let mut links = Links {
        entry,
        instance,
        grants: &environment.grants,
        budget: Budget::all_or_nothing(),
        kept_out: OnceCell::new(),
    };
    for import in imported {
        match bind(&mut links, import, refused.len() < MOST_ADVICE) {
            Ok(tool) => {
                define(&mut linker, import, bound.len())?;
                bound.push(tool);
            }
            Err(error) => refused.push(error),
        }
    }
    Ok(refused)
}

/// The most unknown imports that get a suggestion: each is compared with every tool.
const MOST_ADVICE: usize = 20;

/// What the imports of one server are linked with.
struct Links<'a> {
    entry: &'a catalog::CatalogServer,
    instance: &'a str,
    grants: &'a Arc<Grants>,
    /// The tools of a catalog that were built together have no more than this.
    budget: Budget,
    /// The labels of all tools, including those that the pins omit.
    kept_out: OnceCell<HashMap<String, &'a str>>,
}

fn bind(
    links: &mut Links<'_>,
    import: &ImportedTool<'_>,
    advice: bool,
) -> Result<TypedTool, ImportError> {
    let (server, instance, grants) = (links.entry.server(), links.instance, links.grants);
    let drifted = |drift: &Drift| ImportError::Drifted {
        instance: instance.to_owned(),
        label: import.label.to_owned(),
        why: format!("{}\n{}", drift.refusal(server.name()), drift.diff()),
    };
    let Some(tool) = links.entry.tool(import.label) else {
        if let Some(drift) = links.kept_out(import.label) {
            return Err(drifted(drift));
        }
        return Err(ImportError::Tool {
            instance: instance.to_owned(),
            label: import.label.to_owned(),
            server: server.name().to_owned(),
            nearest: advice
                .then(|| {
                    nearest(
                        import.label,
                        links.entry.known_labels().iter().map(|(label, _)| label),
                    )
                })
                .flatten()
                .map(str::to_owned),
        });
    };
    let tool = tool.map_err(drifted)?;
    if let Some(refusal) = grants.refusal(server.name(), &tool.name, Hints::of(tool)) {
        return Err(ImportError::Policy {
            instance: instance.to_owned(),
            label: import.label.to_owned(),
            refusal: Box::new(refusal),
        });
    }
    let refused = |why: String| ImportError::Refused {
        instance: instance.to_owned(),
        label: import.label.to_owned(),
        why,
    };
    let definition = definition(tool);
    let function = (links.budget.function(import.label, &definition))
        .map_err(|refusal| refused(refusal.to_string()))?;
    let mismatch = |mismatch: Mismatch| ImportError::Mismatch {
        server: server.name().to_owned(),
        tool: tool.name.to_string(),
        field: mismatch.field,
        built: mismatch.built,
        live: mismatch.live,
    };
    let names = (instance, import.label);
    let codec = ToolCodec::new(import.ty, import.strings, names, &function).map_err(mismatch)?;
    Ok(TypedTool::new(server, tool, codec, grants))
}

impl<'a> Links<'a> {
    /// The tool with this label among those that the pins omit.
    fn kept_out(&self, label: &str) -> Option<&'a Drift> {
        let server = &**self.entry.server();
        if server.drifts().is_empty() {
            return None;
        }
        let labels = self.kept_out.get_or_init(|| {
            // Labels depend on all tools of a server: two that collide get suffixes.
            let listed = server.tools().iter().map(|tool| tool.name.as_ref());
            let drifted = server.drifts().iter().map(|drift| drift.tool.as_str());
            let labels = names::tool_labels(listed.chain(drifted));
            labels.into_iter().collect()
        });
        server.drift(labels.get(label)?)
    }
}

/// Defines the function as a call of the tool in this place of
/// [`Capabilities::tools`](crate::run::capabilities::Capabilities::tools).
fn define(
    linker: &mut wasmtime::component::LinkerInstance<'_, Run>,
    import: &ImportedTool<'_>,
    place: usize,
) -> wasmtime::Result<()> {
    // The component's own type decides: `func` is satisfied by one of these only, `async func` by the other.
    if import.ty.async_() {
        linker.func_new_concurrent(import.label, move |accessor, _, params, results| {
            let (capabilities, usage, call_log) = accessor.with(|mut access| {
                let run = access.get();
                let (capabilities, usage) = (Arc::clone(&run.capabilities), Arc::clone(&run.usage));
                (capabilities, usage, run.call_log.clone())
            });
            Box::pin(async move {
                let tool = &capabilities.tools[place];
                let (value, charge) = tool.answer(&usage.calls, &call_log, params).await?;
                let charge = charge.map(Charge::keep);
                if let Some(bytes) = charge {
                    accessor.with(|mut access| access.get().meter.lower(bytes));
                }
                if let [result] = results {
                    *result = value;
                }
                Ok(())
            })
        })
    } else {
        linker.func_new_async(import.label, move |store, _, params, results| {
            let run = StoreContext::from(store).data();
            let tool = &run.capabilities.tools[place];
            let meter = &run.meter;
            let answer = tool.answer(&run.usage.calls, &run.call_log, params);
            Box::new(answer.map_ok(move |(value, charge)| {
                if let Some(charge) = charge {
                    meter.lower(charge.keep());
                }
                if let [result] = results {
                    *result = value;
                }
            }))
        })
    }
}
