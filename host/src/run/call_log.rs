//! Records every host call of a recorded run, or of one with a ledger. Compares every host call of a replay with the
//! recording, and answers it from there. Knows nothing of what the calls do: `recording` and `ledger` define their
//! format in the file.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::Either;
use mcp_bridge::CallToolResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::calls::{BudgetIgnored, CallTracker, Verdict};
use super::judge::ToolJudge;
use super::turns::Turns;
use crate::contract::{Cases as _, ToolError};
use crate::recording::{Answer, Call, Trap, tool_answer, tool_result_of};
use crate::rules::limits::{Account, Charge, Spend, Stop};
use mcp_codec::json;

mod journal;
mod order;
mod recorder;
mod replayer;

pub(crate) use journal::{Journal, Step};
pub(crate) use recorder::Recorder;
pub(crate) use replayer::Replayer;

/// The call log of a recorded run or of a replay.
pub(crate) enum CallLog {
    Record(Box<Recorder>),
    Replay(Arc<Replayer>),
    Ledger(Box<Journal>),
}

impl CallLog {
    /// Whether a call can wait for a person: the log asks the policy itself.
    pub(crate) fn can_wait(&self) -> bool {
        matches!(self, Self::Ledger(_))
    }

    /// Whether the guest does again what an earlier part of its run did.
    pub(crate) fn repeats(&self) -> bool {
        match self {
            Self::Record(_) | Self::Replay(_) => false,
            Self::Ledger(journal) => journal.repeats(),
        }
    }

    /// The turns of its answers.
    pub(crate) fn turns(&self) -> &Turns {
        match self {
            Self::Record(recorder) => recorder.turns(),
            Self::Replay(replayer) => replayer.turns(),
            Self::Ledger(journal) => journal.turns(),
        }
    }
}

/// An answer in the format of the file: `result` or `error`.
type Recorded<T, E> = wasmtime::Result<Result<T, E>>;

/// A call to record or compare, charged to the run while it is held.
pub(crate) struct Noted<'a> {
    call: Call,
    charge: Charge<'a>,
}

/// The recorded form of an answer, charged like a call.
struct Answered<'a> {
    text: Box<RawValue>,
    charge: Charge<'a>,
}

/// Bytes of a line besides its texts and values.
const LINE: usize = 512;

/// The call to record or compare; `None` without a call log. Built before the call consumes its arguments. The run ends
/// if it has no memory for it: a recording without the call would be incomplete.
pub(crate) fn call_to_log<'a>(
    call_log: &Option<Arc<CallLog>>,
    account: &'a Account,
    call: impl FnOnce(&mut Spend<'_>) -> Result<Call, Stop>,
) -> wasmtime::Result<Option<Noted<'a>>> {
    match call_log {
        None => Ok(None),
        Some(_) => noted(account, call).map(Some),
    }
}

fn noted<'a>(
    account: &'a Account,
    call: impl FnOnce(&mut Spend<'_>) -> Result<Call, Stop>,
) -> wasmtime::Result<Noted<'a>> {
    let mut spend = Spend::of(account);
    let call = spend.take(LINE).and_then(|()| call(&mut spend));
    Ok(Noted {
        call: call.map_err(Stop::trap)?,
        charge: spend.charge(account),
    })
}

/// Makes the call, and records it in a recorded run. A replay does not make it.
pub(crate) async fn record_or_replay<T, E>(
    call_log: &Option<Arc<CallLog>>,
    account: &Account,
    call: Option<Noted<'_>>,
    live: impl Future<Output = Recorded<T, E>>,
) -> Recorded<T, E>
where
    T: Serialize + DeserializeOwned,
    E: Serialize + DeserializeOwned,
{
    match (call_log.as_deref(), call) {
        (Some(CallLog::Record(recorder)), Some(noted)) => {
            let live = recorder.turns().wait(live);
            recorder.call(account, noted, live, outcome).await
        }
        (Some(CallLog::Replay(replayer)), Some(noted)) => {
            settle(replayer.call(&noted.call, || {}).await?)
        }
        (Some(CallLog::Ledger(journal)), Some(noted)) => {
            let name = noted.call.name();
            match journal.begin(&noted, None, account)? {
                Step::Recorded(n) => settle(journal.recorded(n, name, account).await?),
                Step::Live(n, _) => {
                    let live = journal.turns().wait(live);
                    journal.live(n, account, live, outcome).await
                }
                // It was sent, and its answer was lost.
                Step::Asks(n) => journal.ask(n).await,
                Step::Dropped => journal.dropped().await,
                Step::Refused(_, error, _) => Err(wasmtime::Error::new(Refused(error))),
            }
        }
        (None, _) | (_, None) => live.await,
    }
}

/// The same for a tool call. A replay adds it to the call stats.
pub(crate) fn tool<'a, F>(
    call_log: &'a Option<Arc<CallLog>>,
    calls: &'a CallTracker,
    call: Option<Noted<'a>>,
    judge: Option<&'a ToolJudge>,
    live: impl FnOnce(Option<Verdict>) -> F + Send + 'a,
) -> impl Future<Output = Recorded<Box<CallToolResult>, ToolError>> + 'a
where
    F: Future<Output = Recorded<Box<CallToolResult>, ToolError>> + Send + 'a,
{
    // Most runs have no call log. Their futures do not grow by what recording needs.
    match call_log.as_deref().zip(call) {
        None => Either::Left(live(None)),
        Some((call_log, noted)) => {
            Either::Right(Box::pin(taped_tool(call_log, calls, noted, judge, live)))
        }
    }
}

async fn taped_tool<F>(
    call_log: &CallLog,
    calls: &CallTracker,
    noted: Noted<'_>,
    judge: Option<&ToolJudge>,
    live: impl FnOnce(Option<Verdict>) -> F,
) -> Recorded<Box<CallToolResult>, ToolError>
where
    F: Future<Output = Recorded<Box<CallToolResult>, ToolError>>,
{
    match call_log {
        CallLog::Record(recorder) => {
            let account = calls.account();
            recorder
                .call(account, noted, live(None), tool_outcome)
                .await
        }
        CallLog::Replay(replayer) => {
            let answer = replayer.call(&noted.call, || calls.unanswered(&noted.call));
            let answer = tool_result_of(settle(answer.await?)?).map(Box::new);
            calls.replayed(&noted.call, &answer);
            Ok(answer)
        }
        CallLog::Ledger(journal) => ledgered_tool(journal, calls, noted, judge, live).await,
    }
}

async fn ledgered_tool<F>(
    journal: &Journal,
    calls: &CallTracker,
    noted: Noted<'_>,
    judge: Option<&ToolJudge>,
    live: impl FnOnce(Option<Verdict>) -> F,
) -> Recorded<Box<CallToolResult>, ToolError>
where
    F: Future<Output = Recorded<Box<CallToolResult>, ToolError>>,
{
    // Held, with what it is charged, until there is an answer.
    let call = &noted.call;
    let account = calls.account();
    match journal.begin(&noted, judge.map(|judge| (judge, calls)), account)? {
        Step::Recorded(n) => {
            calls.admitted_before();
            let answer = journal.recorded(n, call.name(), account).await?;
            let answer = tool_result_of(settle(answer)?).map(Box::new);
            calls.replayed(call, &answer);
            Ok(answer)
        }
        Step::Live(n, by) => {
            let live = live(Some(by));
            journal.live_tool(n, account, live, tool_outcome).await
        }
        Step::Asks(n) => journal.ask(n).await,
        Step::Dropped => {
            calls.admitted_before();
            journal.dropped().await
        }
        Step::Refused(n, error, by) => {
            // The call counts nevertheless.
            let refused = match calls.admit() {
                Ok(_) => Ok(Err(error)),
                Err(over) => over.map(Err),
            };
            if let (Ok(Err(error)), Call::Tool { server, tool, .. }) = (&refused, call) {
                calls.refused_by(server, tool, error, &by);
            }
            let refused = std::future::ready(refused);
            journal
                .live(n, calls.account(), refused, tool_outcome)
                .await
        }
    }
}

/// The error of a call of the contract that is not made again.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.text().unwrap_or_default())]
struct Refused(ToolError);

/// Records or compares a call that returns nothing. Whether an earlier part of the run has not made it.
pub(crate) fn log_event(
    call_log: &Option<Arc<CallLog>>,
    account: &Account,
    call: impl FnOnce(&mut Spend<'_>) -> Result<Call, Stop>,
) -> wasmtime::Result<bool> {
    let logged = match call_log.as_deref() {
        None => return Ok(true),
        Some(CallLog::Record(recorder)) => recorder.log_event(account, noted(account, call)?),
        Some(CallLog::Replay(replayer)) => replayer.log_event(&noted(account, call)?.call),
        Some(CallLog::Ledger(journal)) => {
            return journal.log_event(account, noted(account, call)?);
        }
    };
    logged.map(|()| true)
}

/// The recorded form of a host function's result. `None`: an error of the host, which ends the run.
fn outcome<'a, T: Serialize, E: Serialize>(
    done: &Recorded<T, E>,
    account: &'a Account,
) -> wasmtime::Result<Option<Answered<'a>>> {
    match done {
        Ok(Ok(result)) => answered(Answer::<_, ()>::Result(result), account),
        Ok(Err(error)) => answered(Answer::<(), _>::Error(error), account),
        Err(error) => stopped(error, account),
    }
}

fn tool_outcome<'a>(
    done: &Recorded<Box<CallToolResult>, ToolError>,
    account: &'a Account,
) -> wasmtime::Result<Option<Answered<'a>>> {
    match done {
        Ok(answer) => match tool_answer(answer) {
            Ok(result) => answered(Answer::<_, ()>::Result(result), account),
            Err(error) => answered(Answer::<(), _>::Error(error), account),
        },
        Err(error) => stopped(error, account),
    }
}

fn stopped<'a>(
    error: &wasmtime::Error,
    account: &'a Account,
) -> wasmtime::Result<Option<Answered<'a>>> {
    if error.is::<BudgetIgnored>() {
        answered(Answer::<(), ()>::Trap(Trap::BudgetExhausted), account)
    } else {
        Ok(None)
    }
}

/// The answer's text, charged before it is made. An answer waits for those of earlier calls as text, not as a tree.
fn answered(answer: impl Serialize, account: &Account) -> wasmtime::Result<Option<Answered<'_>>> {
    let size = json::size(&answer);
    let charge = account.charge(size).map_err(Stop::trap)?;
    let mut text = Vec::with_capacity(size);
    serde_json::to_writer(&mut text, &answer)?;
    let text = RawValue::from_string(String::from_utf8(text)?)?;
    Ok(Some(Answered { text, charge }))
}

fn settle<T, E>(answer: Answer<T, E>) -> Recorded<T, E> {
    match answer {
        Answer::Result(result) => Ok(Ok(result)),
        Answer::Error(error) => Ok(Err(error)),
        Answer::Trap(Trap::BudgetExhausted) => Err(wasmtime::Error::new(BudgetIgnored)),
    }
}
