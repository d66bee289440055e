//! Answers of tools as values of the script. One for which the guest has no room is the error `too-large`, not the end
//! of the run.

use rquickjs::{Ctx, Error, Result, String as JsString, Value, object::Property};

use crate::{
    bindings::mcp::script::{
        host::{self, Answer, WithFiles},
        types::FailureKind,
    },
    outcome,
};

/// Room for what a copy needs besides its bytes.
const SLACK: usize = 64 << 10;

/// The property of an answer that has the files beside it. It is not enumerable: what is written as JSON, copied or
/// compared is the answer as the tool gave it.
const FILES: &str = "attachments";

/// The value of an answer, as the promise of the call gets it; or the text of the error, where it does not fit.
pub(crate) fn value<'js>(
    ctx: &Ctx<'js>,
    tool: u32,
    answer: Answer,
) -> std::result::Result<Result<Value<'js>>, String> {
    let answer = match answer {
        Answer::Kept(kept) if has_room(kept.bytes) => host::take(kept.number),
        Answer::Kept(kept) => return Err(host::refuse(tool, kept.bytes, Some(kept.number))),
        answer => answer,
    };
    let (bytes, made) = match answer {
        Answer::Json(text) => (text.len(), json(ctx, text)),
        Answer::Text(text) => (
            text.len(),
            JsString::from_str(ctx.clone(), &text).map(JsString::into_value),
        ),
        Answer::WithFiles(answer) => (
            answer.json.len() + answer.files.len(),
            with_files(ctx, answer),
        ),
        Answer::Kept(_) => (0, Err(Error::Unknown)),
    };
    match made {
        Err(Error::Allocation) => Err(refused(tool, bytes)),
        Err(Error::Exception) => {
            let thrown = ctx.catch();
            match outcome::of_value(ctx, "", thrown.clone()).kind {
                FailureKind::OutOfMemory => Err(refused(tool, bytes)),
                _ => Ok(Err(ctx.throw(thrown))),
            }
        }
        made => Ok(made),
    }
}

/// Whether the memory of the guest can grow by so much. What is asked for here is free again, and stays in the guest.
fn has_room(bytes: u32) -> bool {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    Vec::<u8>::new()
        .try_reserve_exact(bytes.saturating_add(SLACK))
        .is_ok()
}

fn json<'js>(ctx: &Ctx<'js>, text: String) -> Result<Value<'js>> {
    let mut bytes = text.into_bytes();
    // The parser wants a zero at the end: without room for it, the copy would end the run.
    bytes.try_reserve_exact(1).map_err(|_| Error::Allocation)?;
    ctx.json_parse(bytes)
}

/// A property of that name that the answer has itself stays.
fn with_files<'js>(ctx: &Ctx<'js>, answer: WithFiles) -> Result<Value<'js>> {
    let value = json(ctx, answer.json)?;
    if let Some(object) = value.as_object()
        && !object.contains_key(FILES)?
    {
        let files = json(ctx, answer.files)?;
        object.prop(FILES, Property::from(files).writable().configurable())?;
    }
    Ok(value)
}

fn refused(tool: u32, bytes: usize) -> String {
    host::refuse(tool, u32::try_from(bytes).unwrap_or(u32::MAX), None)
}
