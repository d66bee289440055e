//! `mcp:script/host`: what the script engine may ask of the host. A tool is named by its number among the imports of
//! the script; the host knows the numbers, and the script cannot make one up that is not in its manifest.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Accessor, Linker};

use crate::contract::script::{HOST, ScriptAnswer};
use crate::recording::Call;
use crate::rules::limits::{Charge, Stop};
use crate::run::call_log::{self, CallLog};
use crate::run::capabilities::Capabilities;
use crate::run::script_tool::ScriptTool;
use crate::run::{Run, Usage};

/// An answer that is larger waits in the host until the guest has made room: if its memory ran out while the answer is
/// copied, the run would end.
const DIRECT: usize = 64 << 10;

/// What the host holds for a timer of a script.
const TIMER: usize = 1 << 10;

/// Satisfies the imports that only the script engine has.
pub(crate) fn add_to_linker(linker: &mut Linker<Run>) -> wasmtime::Result<()> {
    let mut host = linker.instance(HOST)?;
    host.func_wrap_concurrent("call", |accessor, (number, arguments): (u32, String)| {
        Box::pin(async move { Ok((call(accessor, number, arguments).await?,)) })
    })?;
    host.func_wrap("take", |mut store, (number,): (u32,)| {
        Ok((take(store.data_mut(), number)?,))
    })?;
    host.func_wrap(
        "refuse",
        |mut store, (tool, bytes, kept): (u32, u32, Option<u32>)| {
            Ok((refuse(store.data_mut(), tool, bytes, kept)?,))
        },
    )?;
    host.func_wrap_concurrent("sleep", |accessor, (ms,): (u32,)| {
        Box::pin(sleep(accessor, ms))
    })
}

/// What a call needs of the run.
struct Of {
    capabilities: Arc<Capabilities>,
    usage: Arc<Usage>,
    call_log: Option<Arc<CallLog>>,
}

impl Of {
    fn run(accessor: &Accessor<Run>) -> Self {
        accessor.with(|mut access| {
            let run = access.get();
            Self {
                capabilities: Arc::clone(&run.capabilities),
                usage: Arc::clone(&run.usage),
                call_log: run.call_log.clone(),
            }
        })
    }
}

async fn call(
    accessor: &Accessor<Run>,
    number: u32,
    arguments: String,
) -> wasmtime::Result<Result<ScriptAnswer, String>> {
    let of = Of::run(accessor);
    let tool = tool(&of.capabilities, number)?;
    let (given, charge) = tool.answer(&of.usage, &of.call_log, arguments).await?;
    let charged = charge.map_or(0, Charge::keep);
    Ok(accessor.with(|mut access| {
        let run = access.get();
        given.map(|answer| match answer.size() > DIRECT {
            true => run.kept.keep(answer, charged),
            false => {
                run.meter.lower(charged);
                answer
            }
        })
    }))
}

/// The tool with this number.
fn tool(capabilities: &Capabilities, number: u32) -> wasmtime::Result<&ScriptTool> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    // The engine's own code knows the numbers: this is not the script that was read.
    capabilities.scripted.get(place).ok_or_else(|| {
        wasmtime::Error::msg("the script engine called a tool that is not in the manifest")
    })
}

/// An answer that the host kept, which the guest has room for.
fn take(run: &mut Run, number: u32) -> wasmtime::Result<ScriptAnswer> {
    let (answer, charged) = run.kept.take(number).ok_or_else(not_kept)?;
    run.meter.lower(charged);
    Ok(answer)
}

/// The error of an answer that the guest has no room for.
fn refuse(run: &mut Run, number: u32, bytes: u32, kept: Option<u32>) -> wasmtime::Result<String> {
    let tool = tool(&run.capabilities, number)?;
    let account = run.usage.calls.account();
    if let Some(kept) = kept {
        let (_, charged) = run.kept.take(kept).ok_or_else(not_kept)?;
        account.give_back(charged);
    }
    let (text, charge) = tool.does_not_fit(bytes, account)?;
    run.meter.lower(charge.keep());
    Ok(text)
}

fn not_kept() -> wasmtime::Error {
    wasmtime::Error::msg("the script engine asked for an answer that the host does not keep")
}

/// A timer ends in the order of the recording, if there is one; a replay does not wait.
async fn sleep(accessor: &Accessor<Run>, ms: u32) -> wasmtime::Result<()> {
    let of = Of::run(accessor);
    let calls = &of.usage.calls;
    let _held = calls.account().charge(TIMER).map_err(Stop::trap)?;
    let noted = call_log::call_to_log(&of.call_log, calls.account(), |_| Ok(Call::Sleep { ms }))?;
    let live = async {
        let _waiting = calls.waiting()?;
        tokio::time::sleep(Duration::from_millis(ms.into())).await;
        Ok(Ok::<(), String>(()))
    };
    let ended = call_log::record_or_replay(&of.call_log, calls.account(), noted, live).await?;
    ended.map_err(wasmtime::Error::msg)
}
