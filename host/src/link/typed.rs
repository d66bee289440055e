//! Typed imports: each function of `mcp-server:NAME/tools` becomes a call to one tool.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::{Either, ready};
use futures_util::{FutureExt as _, TryFutureExt as _};
use mcp_bridge::{CallToolResult, Drift};
use mcp_codegen::{Budget, names};
use wasmtime::StoreContext;
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{Linker, Val};

use super::{Environment, ImportError};
use crate::calls::{Arguments, Calls, Refusal, out_of, refusal};
use crate::catalog::{self, Labels, ToolServer};
use crate::codec::{self, Codec, ReturnCodec, Strings, json};
use crate::contract::{
    ToolError, charge_answer, charge_result, charge_val, tool_error_val, tool_result,
    tool_result_val,
};
use crate::limits::{Account, Charge, Spend};
use crate::policy::{Grants, Hints};
use crate::recording::Call;
use crate::run::Run;
use crate::tape::{self, Tape};

/// One function that a component imports.
pub(super) struct ImportedTool<'a> {
    pub(super) server: &'a str,
    pub(super) label: &'a str,
    pub(super) ty: &'a ComponentFunc,
    /// Which strings of the component are JSON text.
    pub(super) strings: &'a Strings,
}

/// Links the imported functions of one server. Each is a call of one tool among `bound`, which they are added to.
/// Returns the refusals.
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

/// What came back from a tool.
type Answered = Result<Box<CallToolResult>, ToolError>;

/// A tool with everything that a call of it needs.
pub(crate) struct TypedTool {
    server: Arc<dyn ToolServer>,
    tool: String,
    params: Option<Codec>,
    returns: ReturnCodec,
}

/// So many imports that no tool has are told which one they may mean: each is compared with every tool.
const MOST_ADVICE: usize = 20;

/// What the imports of one server are linked with.
struct Links<'a> {
    entry: &'a catalog::Entry,
    instance: &'a str,
    grants: &'a Grants,
    /// The tools of a catalog that came out together have no more than this.
    budget: Budget,
    /// The labels of all tools, with those that the pins keep out.
    kept_out: OnceCell<HashMap<String, &'a str>>,
}

fn bind(
    links: &mut Links<'_>,
    import: &ImportedTool<'_>,
    advice: bool,
) -> Result<TypedTool, ImportError> {
    let (server, instance, grants) = (links.entry.server(), links.instance, links.grants);
    let Some(tool) = links.entry.tool(import.label) else {
        if let Some(drift) = links.kept_out(import.label) {
            return Err(ImportError::Drifted {
                instance: instance.to_owned(),
                label: import.label.to_owned(),
                why: format!("{}\n{}", drift.refusal(server.name()), drift.diff),
            });
        }
        return Err(ImportError::Tool {
            instance: instance.to_owned(),
            label: import.label.to_owned(),
            server: server.name().to_owned(),
            nearest: advice
                .then(|| nearest(import.label, links.entry.labels()))
                .flatten(),
        });
    };
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
    let mismatch = |mismatch: codec::Mismatch| ImportError::Mismatch {
        server: server.name().to_owned(),
        tool: tool.name.to_string(),
        field: mismatch.field,
        built: mismatch.built,
        live: mismatch.live,
    };
    let built = codec::Function::new(import.ty, import.strings, instance, import.label);
    Ok(TypedTool {
        server: Arc::clone(server),
        tool: tool.name.to_string(),
        params: codec::params(&built, &function).map_err(mismatch)?,
        returns: codec::returns(&built, &function).map_err(mismatch)?,
    })
}

impl<'a> Links<'a> {
    /// The tool with this label among those that the pins keep out.
    fn kept_out(&self, label: &str) -> Option<&'a Drift> {
        let server = &**self.entry.server();
        if server.drifts().is_empty() {
            return None;
        }
        let labels = self.kept_out.get_or_init(|| {
            // Labels depend on all tools of a server: two that collide are told apart.
            let listed = server.tools().iter().map(|tool| tool.name.as_ref());
            let drifted = server.drifts().iter().map(|drift| drift.tool.as_str());
            let labels = names::tool_labels(listed.chain(drifted));
            labels.into_iter().collect()
        });
        catalog::drifted(server, labels.get(label)?)
    }
}

/// The bridge's tool as the code generator takes it. Made only for tools that are imported.
#[must_use]
pub fn definition(tool: &mcp_bridge::Tool) -> mcp_codegen::Tool {
    tracing::trace!(tool = &*tool.name, "definition is converted");
    mcp_codegen::Tool {
        name: tool.name.to_string(),
        title: tool.title.clone(),
        description: tool.description.as_deref().map(str::to_owned),
        input_schema: serde_json::Value::Object((*tool.input_schema).clone()),
        output_schema: tool
            .output_schema
            .as_ref()
            .map(|schema| serde_json::Value::Object((**schema).clone())),
        annotations: tool
            .annotations
            .as_ref()
            .map(|hints| mcp_codegen::Annotations {
                title: hints.title.clone(),
                read_only_hint: hints.read_only_hint,
                destructive_hint: hints.destructive_hint,
                idempotent_hint: hints.idempotent_hint,
                open_world_hint: hints.open_world_hint,
            })
            .unwrap_or_default(),
    }
}

/// Defines the function as a call of the tool in this place of [`Reach::tools`](crate::reach::Reach::tools).
fn define(
    linker: &mut wasmtime::component::LinkerInstance<'_, Run>,
    import: &ImportedTool<'_>,
    place: usize,
) -> wasmtime::Result<()> {
    // The component's own type decides: `func` is satisfied by one of these only, `async func` by the other.
    if import.ty.async_() {
        linker.func_new_concurrent(import.label, move |accessor, _, params, results| {
            let (reach, tally, tape) = accessor.with(|mut access| {
                let run = access.get();
                let (reach, tally) = (Arc::clone(&run.reach), Arc::clone(&run.tally));
                (reach, tally, run.tape.clone())
            });
            Box::pin(async move {
                let tool = &reach.tools[place];
                let (value, charge) = tool.answer(&tally.calls, &tape, params).await?;
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
            let tool = &run.reach.tools[place];
            let meter = &run.meter;
            let answer = tool.answer(&run.tally.calls, &run.tape, params);
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

impl TypedTool {
    /// Calls it with what the guest passed, and makes what the guest gets, with what is charged for it. The future is moved into
    /// a box for each call, and an `async` block would hold the half of it twice.
    fn answer<'a>(
        &'a self,
        calls: &'a Calls,
        tape: &'a Option<Arc<Tape>>,
        params: &[Val],
    ) -> impl Future<Output = wasmtime::Result<Returned<'a>>> + Send + use<'a> {
        match self.call(calls, tape, params) {
            Ok((call, held)) => Either::Left(call.map(move |answer| {
                drop(held);
                self.returned(answer?, calls.account())
            })),
            Err(refused) => Either::Right(ready(refused.map(|error| (failed(error), None)))),
        }
    }

    fn call<'a>(
        &'a self,
        calls: &'a Calls,
        tape: &'a Option<Arc<Tape>>,
        params: &[Val],
    ) -> Result<
        (
            impl Future<Output = wasmtime::Result<Answered>> + use<'a>,
            Charge<'a>,
        ),
        Refusal,
    > {
        let mut spend = Spend::of(calls.account());
        let arguments = match self.arguments(params, &mut spend) {
            Ok(arguments) => arguments,
            // It counts as a call all the same.
            Err(refused) => return Err(calls.admit().map_or_else(|over| over, |_| refused)),
        };
        let call = tape::note(tape, calls.account(), |spend| {
            json::charge_object(&arguments, spend)?;
            Ok(Call::tool(self.server.name(), &self.tool, &arguments))
        });
        let call = call.map_err(Err)?;
        let live = move || match calls.admit() {
            Ok(flight) => {
                let arguments = Arguments::Object(arguments);
                Either::Left(calls.send(flight, &self.server, &self.tool, arguments))
            }
            Err(refused) => Either::Right(ready(refused.map(Err))),
        };
        let held = spend.charge(calls.account());
        Ok((tape::tool(tape, calls, call, live), held))
    }

    fn returned<'a>(
        &self,
        answer: Answered,
        account: &'a Account,
    ) -> wasmtime::Result<Returned<'a>> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Ok((failed(error), None)),
        };
        let mut made = Spend::of(account);
        match self.result(answer, account, &mut made) {
            Ok(value) => {
                let value = Val::Result(Ok(Some(Box::new(value))));
                Ok((value, Some(made.charge(account))))
            }
            Err(refused) => Ok((failed(refused?), Some(made.charge(account)))),
        }
    }

    fn arguments(
        &self,
        params: &[Val],
        spend: &mut Spend<'_>,
    ) -> Result<mcp_bridge::JsonObject, Refusal> {
        let (Some(codec), [params]) = (&self.params, params) else {
            return Ok(mcp_bridge::JsonObject::new());
        };
        match codec.write(params, spend) {
            Ok(serde_json::Value::Object(object)) => Ok(object),
            Ok(_) => Err(Ok(ToolError::InvalidArguments(format!(
                "the arguments of `{}` are not a JSON object",
                self.tool
            )))),
            Err(error) => Err(refusal(&error, || {
                format!("argument of `{}` at {error}", self.tool)
            })),
        }
    }

    /// The function's result. What it takes goes to `made`; the answer itself is charged until it is used up.
    #[allow(
        clippy::boxed_local,
        reason = "it is large, and most answers are used up in their box"
    )]
    fn result(
        &self,
        mut answer: Box<CallToolResult>,
        account: &Account,
        made: &mut Spend<'_>,
    ) -> Result<Val, Refusal> {
        let mut received = Spend::of(account);
        charge_answer(&answer, &mut received).map_err(out_of)?;
        if matches!(self.returns, ReturnCodec::ToolResult) || answer.is_error == Some(true) {
            return result_val(*answer, account, made);
        }
        let protocol = |what: String| {
            Ok(ToolError::Protocol(format!(
                "tool `{}` of server `{}` {what}",
                self.tool,
                self.server.name()
            )))
        };
        let structured = answer.structured_content.take().ok_or_else(|| {
            protocol("declares an output schema and answered without structured content".into())
        })?;
        match self.returns.read(structured, made) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => result_val(*answer, account, made),
            Err(error) => Err(match error.stop() {
                Some(stop) => out_of(stop),
                None => protocol(format!(
                    "answered what its output schema does not allow, at {error}"
                )),
            }),
        }
    }
}

/// What the function returns, and what is charged for it until it is in the guest.
type Returned<'a> = (Val, Option<Charge<'a>>);

fn failed(error: ToolError) -> Val {
    Val::Result(Err(Some(Box::new(tool_error_val(error)))))
}

/// The contract's `tool-result`, or `failed` with one.
fn result_val(
    answer: CallToolResult,
    account: &Account,
    made: &mut Spend<'_>,
) -> Result<Val, Refusal> {
    let _result = charge_result(&answer, account).map_err(out_of)?;
    match tool_result(answer) {
        Ok(result) => {
            charge_val(&result, made).map_err(out_of)?;
            Ok(tool_result_val(result))
        }
        Err(ToolError::Failed(result)) => {
            charge_val(&result, made).map_err(out_of)?;
            Err(Ok(ToolError::Failed(result)))
        }
        Err(error) => Err(Ok(error)),
    }
}

/// The label that shares the longest prefix with the wanted one, if that is at least half of it.
fn nearest(wanted: &str, labels: &Labels) -> Option<String> {
    let shared = |label: &str| {
        label
            .bytes()
            .zip(wanted.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    labels
        .iter()
        .map(|(label, _)| (shared(label), label))
        .max_by_key(|(shared, _)| *shared)
        .filter(|(shared, _)| shared * 2 >= wanted.len())
        .map(|(_, label)| label.to_owned())
}
