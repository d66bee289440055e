//! Every host call of a recorded run goes through here and is written down; every host call of a replay is
//! compared with what was written, and answered from it.
//! Knows nothing of what the calls do: `recording` says how they look in the file.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::Either;
use mcp_bridge::CallToolResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::calls::{BudgetIgnored, Calls};
use crate::contract::ToolError;
use crate::recording::{Answer, Call, Trap, tool_answer, tool_result_of};

mod player;
mod recorder;

pub(crate) use player::Player;
pub(crate) use recorder::Recorder;

/// What a host function of a recorded run, or of a replay, passes its calls through.
pub(crate) enum Tape {
    Record(Box<Recorder>),
    Play(Arc<Player>),
}

/// An answer as the file has it: `result` or `error`.
type Recorded<T, E> = wasmtime::Result<Result<T, E>>;

/// The call as it is recorded or compared, where it is. Taken before the call is made, which uses up its arguments.
pub(crate) fn note(tape: &Option<Arc<Tape>>, call: impl FnOnce() -> Call) -> Option<Call> {
    tape.is_some().then(call)
}

/// Makes the call, and records it where the run is recorded. In a replay it is not made.
pub(crate) async fn through<T, E>(
    tape: &Option<Arc<Tape>>,
    call: Option<Call>,
    live: impl Future<Output = Recorded<T, E>>,
) -> Recorded<T, E>
where
    T: Serialize + DeserializeOwned,
    E: Serialize + DeserializeOwned,
{
    match (tape.as_deref(), call) {
        (Some(Tape::Record(recorder)), Some(call)) => recorder.call(&call, live, outcome).await,
        (Some(Tape::Play(player)), Some(call)) => settle(player.call(&call).await?),
        (None, _) | (_, None) => live.await,
    }
}

/// The same for a call of a tool. A replay enters it into the ledger.
pub(crate) fn tool<'a, F>(
    tape: &'a Option<Arc<Tape>>,
    calls: &'a Calls,
    call: Option<Call>,
    live: impl FnOnce() -> F + Send + 'a,
) -> impl Future<Output = Recorded<Box<CallToolResult>, ToolError>> + 'a
where
    F: Future<Output = Recorded<Box<CallToolResult>, ToolError>> + Send + 'a,
{
    // Most runs have no tape. Their calls are no larger for what the others need.
    match tape.as_deref().zip(call) {
        None => Either::Left(live()),
        Some((tape, call)) => Either::Right(Box::pin(taped_tool(tape, calls, call, live))),
    }
}

async fn taped_tool<F>(
    tape: &Tape,
    calls: &Calls,
    call: Call,
    live: impl FnOnce() -> F,
) -> Recorded<Box<CallToolResult>, ToolError>
where
    F: Future<Output = Recorded<Box<CallToolResult>, ToolError>>,
{
    match tape {
        Tape::Record(recorder) => recorder.call(&call, live(), tool_outcome).await,
        Tape::Play(player) => {
            let answer = tool_result_of(settle(player.call(&call).await?)?).map(Box::new);
            calls.replayed(&call, &answer);
            Ok(answer)
        }
    }
}

/// The same for a call that is answered with nothing, and at once.
pub(crate) fn told(tape: &Option<Arc<Tape>>, call: impl FnOnce() -> Call) -> wasmtime::Result<()> {
    match tape.as_deref() {
        None => Ok(()),
        Some(Tape::Record(recorder)) => recorder.note(&call()),
        Some(Tape::Play(player)) => player.note(&call()),
    }
}

/// What is written of what a host function returned. `None`: an error of the host, which ends the run.
fn outcome<T: Serialize, E: Serialize>(done: &Recorded<T, E>) -> serde_json::Result<Option<Value>> {
    match done {
        Ok(Ok(result)) => json(Answer::<_, ()>::Result(result)),
        Ok(Err(error)) => json(Answer::<(), _>::Error(error)),
        Err(error) => stopped(error),
    }
}

fn tool_outcome(
    done: &Recorded<Box<CallToolResult>, ToolError>,
) -> serde_json::Result<Option<Value>> {
    match done {
        Ok(answer) => match tool_answer(answer) {
            Ok(result) => json(Answer::<_, ()>::Result(result)),
            Err(error) => json(Answer::<(), _>::Error(error)),
        },
        Err(error) => stopped(error),
    }
}

fn stopped(error: &wasmtime::Error) -> serde_json::Result<Option<Value>> {
    if error.is::<BudgetIgnored>() {
        json(Answer::<(), ()>::Trap(Trap::BudgetExhausted))
    } else {
        Ok(None)
    }
}

fn json(answer: impl Serialize) -> serde_json::Result<Option<Value>> {
    serde_json::to_value(answer).map(Some)
}

fn settle<T, E>(answer: Answer<T, E>) -> Recorded<T, E> {
    match answer {
        Answer::Result(result) => Ok(Ok(result)),
        Answer::Error(error) => Ok(Err(error)),
        Answer::Trap(Trap::BudgetExhausted) => Err(wasmtime::Error::new(BudgetIgnored)),
    }
}
