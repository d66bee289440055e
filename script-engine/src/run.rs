//! The loop of a run: jobs of the engine, then calls and timers, until the script is done or can never be.

use futures_util::{
    StreamExt,
    future::{Abortable, LocalBoxFuture},
    stream::FuturesUnordered,
};
use rquickjs::{Ctx, Function, Module, Persistent, Promise, Value, promise::PromiseState};

use crate::{
    answers,
    bindings::mcp::script::{
        host::{self, Answer},
        types::{Failure, FailureKind, Outcome, Script},
    },
    calls::{self, Call},
    engine::{self, Engine},
    json as json_text, loader, native, outcome, rejections, timers,
};

/// So many calls are in flight at once; the others wait their turn.
const MOST_IN_FLIGHT: usize = 256;

/// What came of a call, or a timer that is due.
enum Event {
    Answer(Call, Result<Answer, String>),
    Timer(u64),
    Cancelled,
}

/// The promise that the loop waits for.
struct Main {
    promise: Persistent<Promise<'static>>,
    /// The namespace of the script; none once its default export was called.
    namespace: Option<Persistent<rquickjs::Object<'static>>>,
    input: Persistent<Value<'static>>,
    /// Set when the default export is called.
    called: bool,
    /// What of the result JSON does not keep.
    lost: Vec<String>,
}

/// Runs a script to its end.
pub(crate) async fn run(script: Script) -> Outcome {
    native::begin();
    let mut flying = Flying {
        events: FuturesUnordered::new(),
        calls: Vec::new(),
        lost: Vec::new(),
    };
    let name = script.name.clone();
    let value = drive(script, &mut flying).await;
    let mut warnings = flying.warnings();
    let engine = engine::engine();
    let value = engine
        .context
        .with(|ctx| unhandled(&ctx, &name, value, &mut warnings));
    Outcome { value, warnings }
}

/// The calls and timers that the host has.
struct Flying {
    events: FuturesUnordered<LocalBoxFuture<'static, Event>>,
    /// The names of the calls.
    calls: Vec<String>,
    /// What of the result JSON does not keep.
    lost: Vec<String>,
}

impl Flying {
    /// Gives the host what the script asked for.
    fn launch(&mut self) {
        for timer in timers::take_started() {
            let wait = async move {
                if timer.ms > 0 {
                    host::sleep(timer.ms).await;
                }
            };
            self.events.push(Box::pin(async move {
                match Abortable::new(wait, timer.registration).await {
                    Ok(()) => Event::Timer(timer.order),
                    Err(_) => Event::Cancelled,
                }
            }));
        }
        while self.calls.len() < MOST_IN_FLIGHT {
            let Some(mut call) = calls::next() else { break };
            self.calls.push(call.name.clone());
            self.events.push(Box::pin(async move {
                let answer = host::call(call.number, std::mem::take(&mut call.arguments)).await;
                Event::Answer(call, answer)
            }));
        }
    }

    /// What is said of the result, and of calls that were never awaited.
    fn warnings(self) -> Vec<String> {
        let mut warnings = self.lost;
        let cancelled = counted(self.calls);
        if let Some((count, names)) = cancelled {
            warnings.push(format!(
                "{count} in flight when the script ended, and the engine stopped waiting: {names}; their effects are unknown, await them"
            ));
        }
        if let Some((count, names)) = counted(calls::take_waiting()) {
            warnings.push(format!("{count} not awaited and not made: {names}; write `await`, or `await Promise.all(...)` for several"));
        }
        warnings
    }
}

/// `3 calls were` and `get_issue (2), list_issues`.
fn counted(mut names: Vec<String>) -> Option<(String, String)> {
    const NAMES: usize = 5;
    let count = names.len();
    if count == 0 {
        return None;
    }
    names.sort_unstable();
    let runs: Vec<_> = names.chunk_by(|a, b| a == b).collect();
    let mut text: Vec<_> = runs
        .iter()
        .take(NAMES)
        .map(|run| {
            if run.len() == 1 {
                run[0].clone()
            } else {
                format!("{} ({})", run[0], run.len())
            }
        })
        .collect();
    if runs.len() > NAMES {
        text.push(format!("{} others", runs.len() - NAMES));
    }
    Some((
        if count == 1 {
            "1 call was".to_owned()
        } else {
            format!("{count} calls were")
        },
        text.join(", "),
    ))
}

async fn drive(script: Script, flying: &mut Flying) -> Result<String, Failure> {
    let engine = engine::engine();
    let name = script.name.clone();
    let mut main = engine.context.with(|ctx| start(&ctx, script))?;
    loop {
        jobs(&engine, &name)?;
        if let Some(result) = engine.context.with(|ctx| advance(&ctx, &name, &mut main)) {
            flying.lost = main.lost;
            return result;
        }
        // The default export was called just now: its promise may be settled, or need jobs.
        if std::mem::take(&mut main.called) {
            continue;
        }
        flying.launch();
        match flying.events.next().await {
            Some(event) => deliver(&engine, &name, flying, event)?,
            None => {
                let promise = engine.context.with(|ctx| {
                    main.promise
                        .clone()
                        .restore(&ctx)
                        .map(|promise| promise.state())
                });
                if matches!(promise, Ok(PromiseState::Pending)) {
                    return Err(outcome::plain(
                        FailureKind::NeverSettles,
                        "the script waits for a promise that nothing settles: no call and no timer is left".to_owned(),
                    ));
                }
            }
        }
    }
}

/// Compiles the script, and runs it up to its first `await`.
fn start(ctx: &Ctx<'_>, script: Script) -> Result<Main, Failure> {
    let Script {
        name,
        source,
        modules,
        input,
    } = script;
    let input = ctx.json_parse(input).map_err(|error| {
        outcome::plain(
            FailureKind::NotJson,
            format!(
                "the input is no JSON value: {}",
                outcome::of_error(ctx, &name, &error).message
            ),
        )
    })?;
    let input = Persistent::save(ctx, input);
    loader::give(modules, input.clone());
    let syntax = |error: rquickjs::Error| {
        let mut failure = outcome::of_error(ctx, &name, &error);
        if failure.kind == FailureKind::Exception {
            failure.kind = FailureKind::Syntax;
        }
        failure
    };
    let module = Module::declare(ctx.clone(), name.as_str(), source).map_err(syntax)?;
    let (module, promise) = module.eval().map_err(syntax)?;
    let namespace = module
        .namespace()
        .map_err(|error| outcome::of_error(ctx, &name, &error))?;
    Ok(Main {
        promise: Persistent::save(ctx, promise),
        namespace: Some(Persistent::save(ctx, namespace)),
        input,
        called: false,
        lost: Vec::new(),
    })
}

/// Runs what is ready in the engine. An exception here has no caller: a timer or a microtask threw.
fn jobs(engine: &Engine, name: &str) -> Result<(), Failure> {
    loop {
        match engine.runtime.execute_pending_job() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                return Err(error
                    .0
                    .with(|ctx| outcome::of_value(&ctx, name, ctx.catch())));
            }
        }
    }
}

/// The result, where the script has one by now.
fn advance(ctx: &Ctx<'_>, name: &str, main: &mut Main) -> Option<Result<String, Failure>> {
    let failed = |error: rquickjs::Error| Some(Err(outcome::of_error(ctx, name, &error)));
    let promise = match main.promise.clone().restore(ctx) {
        Ok(promise) => promise,
        Err(error) => return failed(error),
    };
    let settled = match promise.result::<Value>()? {
        Ok(settled) => settled,
        Err(error) => {
            rejections::ignore(&Persistent::save(ctx, promise.into_value()));
            return failed(error);
        }
    };
    let Some(namespace) = main.namespace.take() else {
        main.lost = outcome::lost(ctx, &settled);
        return Some(json(ctx, name, settled));
    };
    match called(ctx, namespace, &main.input) {
        Ok(promise) => {
            main.promise = Persistent::save(ctx, promise);
            main.called = true;
            None
        }
        Err(error) => failed(error),
    }
}

/// A promise of the default export, or of what it returns where it is a function.
fn called<'js>(
    ctx: &Ctx<'js>,
    namespace: Persistent<rquickjs::Object<'static>>,
    input: &Persistent<Value<'static>>,
) -> rquickjs::Result<Promise<'js>> {
    let namespace = namespace.restore(ctx)?;
    let mut value: Value = if namespace.contains_key("default")? {
        namespace.get("default")?
    } else {
        Value::new_undefined(ctx.clone())
    };
    if let Some(function) = value.as_function() {
        value = function.call((input.clone().restore(ctx)?,))?;
    }
    let (promise, resolve, _) = ctx.promise()?;
    resolve.call::<_, ()>((value,))?;
    Ok(promise)
}

/// The JSON text of the result.
fn json<'js>(ctx: &Ctx<'js>, name: &str, value: Value<'js>) -> Result<String, Failure> {
    if value.is_undefined() {
        return Ok("null".to_owned());
    }
    let what = value.type_name();
    match json_text::write(ctx, &value) {
        Ok(Some(written)) => Ok(written),
        Ok(None) => Err(outcome::plain(
            FailureKind::NotJson,
            format!("the result is a {what}, which is no JSON value"),
        )),
        Err(error) => {
            let mut failure = outcome::of_error(ctx, name, &error);
            if failure.kind == FailureKind::Exception {
                failure.kind = FailureKind::NotJson;
                failure.message =
                    format!("the result cannot be written as JSON: {}", failure.message);
            }
            Err(failure)
        }
    }
}

/// Gives the script what came.
fn deliver(engine: &Engine, name: &str, flying: &mut Flying, event: Event) -> Result<(), Failure> {
    match event {
        Event::Cancelled => Ok(()),
        Event::Timer(order) => {
            for id in timers::due(order) {
                engine.context.with(|ctx| {
                    let fired =
                        engine::hook(&ctx, "fire").and_then(|fire| fire.call::<_, ()>((id,)));
                    fired.map_err(|error| outcome::of_error(&ctx, name, &error))
                })?;
                jobs(engine, name)?;
            }
            Ok(())
        }
        Event::Answer(call, answer) => {
            if let Some(at) = flying.calls.iter().position(|name| *name == call.name) {
                flying.calls.swap_remove(at);
            }
            engine.context.with(|ctx| {
                settle(&ctx, call, answer).map_err(|error| outcome::of_error(&ctx, name, &error))
            })
        }
    }
}

fn settle(ctx: &Ctx<'_>, call: Call, answer: Result<Answer, String>) -> rquickjs::Result<()> {
    let value = match answer.and_then(|answer| answers::value(ctx, call.number, answer)) {
        Ok(value) => value,
        Err(text) => ctx.json_parse(text.as_str()).and_then(|fields| {
            let stack = call.stack.restore(ctx)?;
            let error: Value = engine::hook(ctx, "toolError")?.call((fields, stack, text))?;
            Err(ctx.throw(error))
        }),
    };
    let (function, value): (Persistent<Function>, Value) = match value {
        Ok(value) => (call.promise.resolve, value),
        Err(rquickjs::Error::Exception) => (call.promise.reject, ctx.catch()),
        Err(error) => return Err(error),
    };
    function.restore(ctx)?.call((value,))
}

/// A rejection that nothing handled is the failure of a script that would else have succeeded, or that waits for ever.
fn unhandled(
    ctx: &Ctx<'_>,
    name: &str,
    value: Result<String, Failure>,
    warnings: &mut Vec<String>,
) -> Result<String, Failure> {
    let Some((reason, count)) = rejections::take() else {
        return value;
    };
    let reason = match reason.restore(ctx) {
        Ok(reason) => outcome::of_value(ctx, name, reason),
        Err(error) => outcome::of_error(ctx, name, &error),
    };
    let others = if count > 1 {
        format!(" (and {} others)", count - 1)
    } else {
        String::new()
    };
    match value {
        Err(failure) if failure.kind != FailureKind::NeverSettles => {
            warnings.push(format!(
                "a promise was rejected, and nothing handled it: {}{others}",
                reason.message
            ));
            Err(failure)
        }
        _ => Err(Failure {
            kind: FailureKind::UnhandledRejection,
            message: format!(
                "{}{others}: a promise was rejected, and nothing handled it",
                reason.message
            ),
            ..reason
        }),
    }
}
