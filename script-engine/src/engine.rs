//! The QuickJS runtime, its one context, and the prelude: what a snapshot keeps. It knows no script.

use std::cell::RefCell;

use rquickjs::{Context, Ctx, Function, Object, Persistent, Runtime, Value, context::EvalOptions};

use crate::{loader, native, rejections};

/// How deep calls may be nested, in bytes of the stack in linear memory. The linker reserves more (`build.rs` of the
/// image), and the host gives the machine's stack about four times as much.
const STACK: usize = 3 << 20;

/// The garbage collector runs when so many bytes have been allocated.
const GARBAGE: usize = 4 << 20;

/// The parts of the prelude, in the order in which they need each other.
const PRELUDE: [(&str, &str); 9] = [
    ("console", include_str!("prelude/console.js")),
    ("errors", include_str!("prelude/errors.js")),
    ("timers", include_str!("prelude/timers.js")),
    ("random", include_str!("prelude/random.js")),
    ("text", include_str!("prelude/text.js")),
    ("url", include_str!("prelude/url.js")),
    ("clone", include_str!("prelude/clone.js")),
    ("lost", include_str!("prelude/lost.js")),
    ("host", include_str!("prelude/host.js")),
];

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

/// The runtime with the prelude in it.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) runtime: Runtime,
    pub(crate) context: Context,
    hooks: Persistent<Object<'static>>,
}

/// Makes the engine, where there is none yet.
pub(crate) fn initialize() {
    engine();
}

/// The engine, made where there is none yet.
#[allow(
    clippy::expect_used,
    reason = "without its prelude the engine is broken, which a trap says"
)]
pub(crate) fn engine() -> Engine {
    ENGINE.with_borrow_mut(|engine| {
        engine
            .get_or_insert_with(|| make().expect("the prelude runs"))
            .clone()
    })
}

/// A function that the prelude left for the engine.
pub(crate) fn hook<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
    let hooks = ENGINE.with_borrow(|engine| engine.as_ref().map(|engine| engine.hooks.clone()));
    hooks
        .ok_or(rquickjs::Error::Unknown)?
        .restore(ctx)?
        .get(name)
}

/// The exports of the module `mcp-host`, but for `input`.
pub(crate) fn host_exports<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let hooks = ENGINE.with_borrow(|engine| engine.as_ref().map(|engine| engine.hooks.clone()));
    hooks
        .ok_or(rquickjs::Error::Unknown)?
        .restore(ctx)?
        .get("exports")
}

fn make() -> rquickjs::Result<Engine> {
    let runtime = Runtime::new()?;
    runtime.set_max_stack_size(STACK);
    runtime.set_gc_threshold(GARBAGE);
    runtime.set_loader(loader::Given, loader::Given);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(rejections::track)));
    let context = Context::full(&runtime)?;
    let hooks = context.with(|ctx| prelude(&ctx).map(|hooks| Persistent::save(&ctx, hooks)))?;
    runtime.run_gc();
    Ok(Engine {
        runtime,
        context,
        hooks,
    })
}

fn prelude<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let native = native::object(ctx)?;
    let primordials: Function =
        evaluate(ctx, "primordials", include_str!("prelude/primordials.js"))?;
    let primordials: Value = primordials.call(())?;
    let hooks = Object::new(ctx.clone())?;
    hooks.set_prototype(None)?;
    hooks.set("exports", Object::new(ctx.clone())?)?;
    for (name, source) in PRELUDE {
        let part: Function = evaluate(ctx, name, source)?;
        part.call::<_, Value>((native.clone(), primordials.clone(), hooks.clone()))?;
    }
    Ok(hooks)
}

fn evaluate<'js>(ctx: &Ctx<'js>, name: &str, source: &str) -> rquickjs::Result<Function<'js>> {
    let mut options = EvalOptions::default();
    options.filename = Some(format!("engine:{name}"));
    ctx.eval_with_options(source, options)
}
