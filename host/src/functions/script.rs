//! `mcp:script/host`: what the script engine may ask of the host. A tool is named by its number among the imports of the
//! script; the host knows the numbers, and the script cannot make one up that is not in its manifest.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Accessor, Linker};

use crate::contract::script::{HOST, ScriptAnswer};
use crate::recording::Call;
use crate::rules::limits::{Charge, Stop};
use crate::run::call_log::{self, CallLog};
use crate::run::capabilities::Capabilities;
use crate::run::{Run, Usage};

/// What the host holds for a timer of a script.
const TIMER: usize = 1 << 10;

/// Satisfies the imports that only the script engine has.
pub(crate) fn add_to_linker(linker: &mut Linker<Run>) -> wasmtime::Result<()> {
    let mut host = linker.instance(HOST)?;
    host.func_wrap_concurrent("call", |accessor, (number, arguments): (u32, String)| {
        Box::pin(async move { Ok((call(accessor, number, arguments).await?,)) })
    })?;
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
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    let Some(tool) = of.capabilities.scripted.get(place) else {
        // The engine's own code knows the numbers: this is not the script that was read.
        return Err(wasmtime::Error::msg(
            "the script engine called a tool that is not in the manifest",
        ));
    };
    let (given, charge) = tool.answer(&of.usage, &of.call_log, arguments).await?;
    if let Some(bytes) = charge.map(Charge::keep) {
        accessor.with(|mut access| access.get().meter.lower(bytes));
    }
    Ok(given)
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
