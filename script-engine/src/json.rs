//! Values of a script as JSON text. A BigInt is written as the integer that it is.

use rquickjs::{Ctx, Error, Exception, Result, String as JsString, Value};

use crate::{engine, outcome, text};

/// The text; `None` where the value has none, as a function.
pub(crate) fn write<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Option<String>> {
    let written = match ctx.json_stringify(value) {
        Err(Error::Exception) => with_integers(ctx, value)?,
        written => written?,
    };
    written.map(|written| text::of(&written)).transpose()
}

/// Throws where a number of the value has no form in JSON, which writes `null` for it.
pub(crate) fn check_numbers<'js>(
    ctx: &Ctx<'js>,
    (value, written): (&Value<'js>, &str),
    whole: &str,
) -> Result<()> {
    if !written.contains("null") {
        return Ok(());
    }
    let hook = engine::hook(ctx, "unwritable")?;
    match hook.call::<_, Option<String>>((value.clone(), whole)) {
        Ok(Some(problem)) => Err(Exception::throw_type(
            ctx,
            &format!("{problem}; leave it out, or write a number or `null`"),
        )),
        Ok(None) => Ok(()),
        // The value was written, and cannot be looked at twice.
        Err(Error::Exception) => {
            ctx.catch();
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// What was thrown stays, unless a BigInt was the cause.
fn with_integers<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Option<JsString<'js>>> {
    let thrown = ctx.catch();
    let message = outcome::of_value(ctx, "", thrown.clone()).message;
    if !message.contains("BigInt") {
        return Err(ctx.throw(thrown));
    }
    engine::hook(ctx, "withIntegers")?.call((value.clone(),))
}
