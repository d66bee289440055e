//! Text of a script as Rust text. What is no Unicode, such as half of a surrogate pair, is replaced.

use rquickjs::{Error, Result, String as JsString};

/// The text of a string.
pub(crate) fn of(string: &JsString<'_>) -> Result<String> {
    match string.to_string() {
        Err(Error::Utf8(_)) => lossy(string),
        text => text,
    }
}

fn lossy(string: &JsString<'_>) -> Result<String> {
    let well_formed: rquickjs::Function = crate::engine::hook(string.ctx(), "wellFormed")?;
    well_formed
        .call::<_, JsString>((string.clone(),))?
        .to_string()
}
