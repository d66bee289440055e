//! Calls of tools that wait to be made. A function that a script imported adds one; the loop of the run makes it.

use std::{cell::RefCell, collections::VecDeque};

use rquickjs::{Ctx, Exception, Function, Persistent, Result, Value, function::Rest};

use crate::{engine, json};

/// So many calls can wait at once. More are an error of the script, which the memory of the guest does not have to
/// hold.
const MOST_WAITING: usize = 10_000;

thread_local! {
    static WAITING: RefCell<VecDeque<Call>> = const { RefCell::new(VecDeque::new()) };
}

/// One call, and what settles its promise.
pub(crate) struct Call {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) arguments: String,
    pub(crate) promise: Settle,
    /// The stack of the caller, for `ToolError`.
    pub(crate) stack: Persistent<Value<'static>>,
}

/// The functions that settle a promise.
pub(crate) struct Settle {
    pub(crate) resolve: Persistent<Function<'static>>,
    pub(crate) reject: Persistent<Function<'static>>,
}

/// The function of one tool. It has the number inside: a script cannot change it.
pub(crate) fn tool<'js>(ctx: &Ctx<'js>, name: &str, number: u32) -> Result<Function<'js>> {
    let label = name.to_owned();
    let call = move |ctx: Ctx<'js>, values: Rest<Value<'js>>| {
        start(&ctx, &label, number, values.0.into_iter().next())
    };
    Function::new(ctx.clone(), call)?.with_name(name)
}

/// The next call that waits.
pub(crate) fn next() -> Option<Call> {
    WAITING.with_borrow_mut(VecDeque::pop_front)
}

/// Takes the names of the calls that were not made.
pub(crate) fn take_waiting() -> Vec<String> {
    WAITING.take().into_iter().map(|call| call.name).collect()
}

/// Returns a promise, also where the arguments are wrong: what is awaited is caught in one way. Where too many calls
/// wait it throws, which ends a loop that makes calls without end.
fn start<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    number: u32,
    arguments: Option<Value<'js>>,
) -> Result<Value<'js>> {
    if WAITING.with_borrow(|waiting| waiting.len() >= MOST_WAITING) {
        return Err(Exception::throw_range(
            ctx,
            &format!(
                "more than {MOST_WAITING} calls wait: await some before the script makes others"
            ),
        ));
    }
    let (promise, resolve, reject) = ctx.promise()?;
    match object_text(ctx, name, arguments) {
        Ok(arguments) => {
            let stack = engine::hook(ctx, "stack")?.call::<_, Value>(())?;
            let call = Call {
                number,
                name: name.to_owned(),
                arguments,
                promise: Settle {
                    resolve: Persistent::save(ctx, resolve),
                    reject: Persistent::save(ctx, reject),
                },
                stack: Persistent::save(ctx, stack),
            };
            WAITING.with_borrow_mut(|waiting| waiting.push_back(call));
        }
        Err(rquickjs::Error::Exception) => reject.call::<_, ()>((ctx.catch(),))?,
        Err(error) => return Err(error),
    }
    Ok(promise.into_value())
}

/// The JSON text of the one argument of a tool.
fn object_text<'js>(ctx: &Ctx<'js>, name: &str, value: Option<Value<'js>>) -> Result<String> {
    let Some(value) = value.filter(|value| !value.is_undefined() && !value.is_null()) else {
        return Ok("{}".to_owned());
    };
    let written = json::write(ctx, &value)?.unwrap_or_default();
    if !written.starts_with('{') {
        let kind = if value.is_array() {
            "array"
        } else {
            value.type_name()
        };
        return Err(Exception::throw_type(
            ctx,
            &format!(
                "`{name}` takes its arguments as one object, `{name}({{ ... }})`, not as {kind}"
            ),
        ));
    }
    json::check_numbers(
        ctx,
        (&value, &written),
        &format!("the arguments of `{name}`"),
    )?;
    Ok(written)
}
