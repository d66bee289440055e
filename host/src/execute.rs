//! Runs a linked skill under its limits. Only `store` creates a Store. Guest misbehaviour is an `Outcome`; `Err` means
//! that the host could not do its job.

mod backtrace;
mod classify;
mod dependencies;
mod describe;
mod ending;
mod function;
mod header;
mod ledger;
mod observed;
mod record;
mod replay;
mod script;
mod store;
mod turns;
mod unwinding;

pub use describe::{DescribeError, SkillDescription, Spent, describe, describe_counted};
pub use ledger::{LedgerRunError, execute_ledger};
pub use record::{RecordError, record};
pub use replay::{ReplayError, replay};

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use tracing::Instrument as _;
use wasmtime::Store;

use crate::component::engine::SCRIPT_STACK;
use crate::component::exports::{Export, Invocation};
use crate::component::skill::EntryPoint;
use crate::contract::SkillError;
use crate::link::Linked;
use crate::report::{Outcome, Report, Times, millis};
use crate::rules::determinism::Determinism;
use crate::rules::limits::{Limits, Meter, Stop};
use crate::run::call_log::CallLog;
use crate::run::kept::KeptAnswers;
use crate::run::wasi::{Captured, Streams, Wasi};
use crate::run::{Run, Usage};
use crate::short;

use self::dependencies::Dependencies;
use self::ending::{Ending, Over, Returned, checked, returned};
use self::observed::ObservedRun;
use self::store::{charge, quota, store};
use self::turns::in_turns;
use self::unwinding::unwinding;

/// The host could not run the skill.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The store could not be set up.
    #[error("the host failed to run the skill")]
    Store(#[source] wasmtime::Error),
    /// A host function panicked: a bug in this host, or in a tool server of the embedder.
    #[error("a host function panicked: {0}")]
    Panicked(String),
    /// The observer of the skill does not let the run begin.
    #[error("the run does not begin: {0}")]
    NotObserved(String),
    /// The skill has no entry point except its functions, and the caller named none of them.
    #[error("the skill has no `run`; it exports {}", short::names(.exports))]
    NoEntry {
        /// The functions that it exports.
        exports: Vec<String>,
    },
}

/// Runs the skill once. `input` is JSON text; a `wasi:cli/run` skill reads it from standard input.
///
/// The deadline covers everything, host calls included; when it passes, the host drops the store. To cancel a run, drop
/// the future, or use [`execute_until`], which reports the cancelled run.
///
/// # Errors
///
/// When the store cannot be set up, when a host function panics, or when the skill is entered by its functions only:
/// [`invoke`] calls these. Whatever
/// the guest does is `Ok`.
pub async fn execute(
    linked: &Linked,
    input: &str,
    limits: &Limits,
) -> Result<Report, ExecuteError> {
    // Not by way of `execute_until`: each step on the way moves the report once more.
    once(
        linked,
        &Request::Input(input),
        limits,
        Determinism::default(),
        None,
        pending(),
    )
    .await
}

/// Calls one function of the skill, once. Everything that [`execute`] guarantees holds here too.
///
/// The result is the function's, as JSON; the error of a `result<T, E>` is the skill's failure.
///
/// # Errors
///
/// When the store cannot be set up. Whatever the guest does is `Ok`.
pub async fn invoke(
    linked: &Linked,
    invocation: &Invocation,
    limits: &Limits,
) -> Result<Report, ExecuteError> {
    execute_until(linked, &Request::Function(invocation), limits, pending()).await
}

/// What the caller asks of a skill.
#[derive(Clone, Copy)]
pub enum Request<'a> {
    /// Its own `run` or `main`, with JSON text: what [`execute`] does.
    Input(&'a str),
    /// A function that it exports: what [`invoke`] does.
    Function(&'a Invocation),
}

/// Does what is asked, like [`execute`] and [`invoke`], and stops the run when `stop` completes. The outcome is then
/// [`Outcome::Cancelled`] with the text of `stop`, and the report covers the run until then.
///
/// # Errors
///
/// Those of [`execute`] and [`invoke`].
pub async fn execute_until(
    linked: &Linked,
    request: &Request<'_>,
    limits: &Limits,
    stop: impl Future<Output = String>,
) -> Result<Report, ExecuteError> {
    execute_fixed(linked, request, limits, Determinism::default(), stop).await
}

/// Like [`execute_until`], with random numbers and clocks that are the same in every run.
///
/// # Errors
///
/// Those of [`execute`] and [`invoke`].
pub async fn execute_fixed(
    linked: &Linked,
    request: &Request<'_>,
    limits: &Limits,
    fixed: Determinism,
    stop: impl Future<Output = String>,
) -> Result<Report, ExecuteError> {
    once(linked, request, limits, fixed, None, stop).await
}

/// One run, in a span of its own. With a call log, its host calls are recorded, or answered from a recording.
async fn once(
    linked: &Linked,
    request: &Request<'_>,
    limits: &Limits,
    fixed: Determinism,
    call_log: Option<Arc<CallLog>>,
    stop: impl Future<Output = String>,
) -> Result<Report, ExecuteError> {
    let span = tracing::info_span!(
        "run",
        mcp_host.skill.digest = %linked.skill.digest,
        mcp_host.outcome = tracing::field::Empty,
        "error.type" = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
        mcp_host.fuel = tracing::field::Empty,
        mcp_host.tool_calls = tracing::field::Empty,
    );
    // Pinned here: the future of a run is large, and each adapter around it would move it.
    let observed = ObservedRun::start(linked, call_log.as_deref());
    let observed = observed.map_err(ExecuteError::NotObserved)?;
    let log = (call_log, &observed);
    let ran = {
        let run = pin!(inside(linked, request, limits, fixed, log, stop));
        run.instrument(span.clone()).await
    };
    observed.ended(ran.as_ref().ok());
    let failure = match &ran {
        Ok(report) => {
            span.record("mcp_host.outcome", report.outcome.name());
            span.record("mcp_host.fuel", report.fuel);
            span.record("mcp_host.tool_calls", report.calls());
            (report.outcome != Outcome::Finished).then(|| report.outcome.name())
        }
        Err(_) => Some("host-fault"),
    };
    if let Some(failure) = failure {
        span.record("error.type", failure);
        span.record("otel.status_code", "ERROR");
    }
    ran
}

// Long: the steps of one run, in order.
async fn inside(
    linked: &Linked,
    request: &Request<'_>,
    limits: &Limits,
    fixed: Determinism,
    (call_log, observed): (Option<Arc<CallLog>>, &ObservedRun),
    stop: impl Future<Output = String>,
) -> Result<Report, ExecuteError> {
    if let (Request::Input(_), EntryPoint::Functions) = (request, &linked.skill.entry) {
        let exports = linked.skill.exports.iter().map(Export::name).collect();
        return Err(ExecuteError::NoEntry { exports });
    }
    let start = Instant::now();
    let usage = Arc::new(match linked.skill.script() {
        // Its stack is set aside.
        Some(_) => {
            let memory = limits.memory.saturating_sub(SCRIPT_STACK);
            Usage::new(
                &Limits {
                    memory,
                    ..limits.clone()
                },
                start,
            )
        }
        None => Usage::new(limits, start),
    });
    observed.observe(&usage);
    match call_log.as_deref() {
        Some(CallLog::Record(recorder)) => usage.calls.take_turns(recorder.turns()),
        Some(CallLog::Ledger(journal)) => usage.calls.take_turns(journal.turns()),
        Some(CallLog::Replay(_)) | None => {}
    }
    let ledger = call_log.clone();
    let paused = async {
        match ledger.as_deref() {
            Some(CallLog::Ledger(journal)) => journal.paused().await,
            _ => pending().await,
        }
    };
    let captured = match (&linked.skill.entry, request) {
        (EntryPoint::Command { .. }, Request::Input(_)) => {
            Some(Captured::new(limits.output, &usage.account))
        }
        _ => None,
    };
    let streams = match (&captured, request) {
        (Some(output), Request::Input(input)) => Streams::Piped {
            input: input.as_bytes().to_vec(),
            output: output.clone(),
        },
        _ => Streams::Log,
    };
    let dependencies = Dependencies::of(linked, limits, fixed, &usage);
    if let (Some(call_log), Some(_)) = (&call_log, &dependencies) {
        call_log.turns().enters_host();
    }
    let account = Arc::clone(&usage.account);
    let run = Run {
        wasi: Wasi::new(start, streams, fixed),
        table: wasmtime::component::ResourceTable::new(),
        meter: Meter::new(limits, &usage.account)
            .with_spread(linked.spread)
            .among(linked.dependencies.len() + 1),
        usage,
        capabilities: Arc::clone(&linked.capabilities),
        quota: quota(limits),
        kept: KeptAnswers::default(),
        call_log,
        dependencies: dependencies.as_ref().map(Dependencies::peers),
    };
    let mut store = store(linked.instance.engine(), run, limits).map_err(ExecuteError::Store)?;

    let mut ending = {
        let called = in_turns(&account, call(linked, &mut store, request, limits));
        let called = pin!(called);
        // Dropped before the guest is, and what it waits for with it: also where it panics, and where the caller drops
        // this run.
        let _over = Over(ledger.as_deref());
        tokio::select! {
            // A run that has finished is finished, whatever else happened meanwhile.
            biased;
            entered = unwinding(called) => match entered.map_err(ExecuteError::Panicked)? {
                Ok(returned) => Ending::Returned(returned),
                Err(error) => Ending::Stopped(error),
            },
            () = paused => Ending::Paused,
            why = stop => Ending::Cancelled(why),
            // Only a run that waits needs a timer.
            () = async { tokio::time::sleep(limits.timeout.saturating_sub(start.elapsed())).await } => {
                match ledger.as_deref() {
                    // The user is asked, and the run goes on with the whole timeout.
                    Some(CallLog::Ledger(journal)) if journal.asks() => Ending::Paused,
                    _ => Ending::Deadline,
                }
            }
        }
    };
    let elapsed = start.elapsed();
    let fuel = limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
    if let Some(dependencies) = &dependencies {
        dependencies.add_to(&mut store.data_mut().meter);
    }
    let is_over = matches!(ending, Ending::Returned(Returned::Script(Ok(_), _)));
    let mut diagnostics = linked.warnings.clone();
    // A script that failed has something else to say.
    diagnostics.extend(linked.no_result.clone().filter(|_| is_over));
    let mut warnings = linked.rendered(&diagnostics);
    if let Ending::Returned(Returned::Script(_, more)) = &mut ending {
        warnings.append(more);
    }
    let (outcome, result) =
        classify::outcome(ending, &store.data().meter, limits, captured.as_ref());
    let outcome = match linked.skill.script() {
        Some(text) => script::in_plain_words(outcome, text),
        None => outcome,
    };
    // The streams write log lines without a newline when they are dropped, which is here.
    let Run { usage, .. } = store.into_data();
    let peak_memory = usage.account.peak();
    let (log_lines, log_lines_dropped) = usage.log.counts();
    let result_text = result.as_deref().unwrap_or_default();
    let attachments = usage
        .attachments
        .named_in(result_text, &usage.account, &mut warnings);
    let (tools, busy) = usage.calls.close();
    let failed_call = usage.calls.failed_call(&outcome);
    Ok(Report {
        outcome,
        result,
        digest: linked.skill.digest(),
        time: Times {
            run_ms: millis(elapsed),
            guest_ms: millis(elapsed.saturating_sub(busy)),
            calls_ms: millis(busy),
            ..Times::default()
        },
        fuel,
        peak_memory,
        tools,
        failed_call,
        warnings,
        diagnostics,
        attachments,
        log_lines,
        log_lines_dropped,
    })
}

async fn call(
    linked: &Linked,
    store: &mut Store<Run>,
    request: &Request<'_>,
    limits: &Limits,
) -> wasmtime::Result<Returned> {
    charge(store, linked.skill.footprint, limits)?;
    if let Some(CallLog::Ledger(journal)) = store.data().call_log.as_deref() {
        journal
            .charge(&store.data().usage.account)
            .map_err(Stop::trap)?;
    }
    let instance = linked.instance.instantiate_async(&mut *store).await?;
    match (request, &linked.skill.entry) {
        (Request::Function(invocation), _) => {
            let result = function::call(&instance, store, invocation).await?;
            Ok(Returned::Function(result))
        }
        (Request::Input(input), EntryPoint::Skill { run }) => {
            let run = instance
                .get_typed_func::<(&str,), (Result<String, SkillError>,)>(&mut *store, run)?;
            let (result,) = run.call_async(&mut *store, (input,)).await?;
            returned(result, &store.data().usage.account).await
        }
        (Request::Input(_), EntryPoint::Command { run }) => {
            let run = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut *store, run)?;
            let (result,) = run.call_async(&mut *store, ()).await?;
            Ok(Returned::Command(result))
        }
        (Request::Input(input), EntryPoint::Script { run, script: text }) => {
            let script = (&**text, *run);
            let (result, warnings) = script::call(linked, script, &instance, store, input).await?;
            let result = match result {
                Ok(text) => Ok(checked(text, &store.data().usage.account).await?),
                Err(error) => Err(error),
            };
            Ok(Returned::Script(result, warnings))
        }
        (Request::Input(_), EntryPoint::Functions) => {
            Err(wasmtime::Error::msg("the skill has no `run`"))
        }
    }
}
