//! The input of a skill or a tool, from an argument.

use std::path::Path;

use anyhow::Context as _;
use mcp_bridge::{NamedFileError, named_file};
use mcp_codegen::mend;
use serde::de::IgnoredAny;

use super::repeated;

/// The largest input that is read, in bytes.
const MAX_INPUT: u64 = 16 << 20;

/// The value of `--input` if the user does not give it.
pub(crate) const NO_INPUT: &str = "{}";

/// `JSON`, `@FILE`, or `-` for standard input. `place` names the argument in errors.
pub(crate) async fn input(argument: &str, place: &str) -> anyhow::Result<String> {
    let (text, origin) = if argument == "-" {
        // On a thread of its own: standard input may never end, and Ctrl-C must still work.
        let read = || named_file::read_stream(std::io::stdin().lock(), MAX_INPUT);
        let text = tokio::task::spawn_blocking(read)
            .await?
            .context("failed to read the input from stdin")?;
        (text, "standard input".to_owned())
    } else if let Some(path) = argument.strip_prefix('@') {
        let text = named_file::read_text(Path::new(path), MAX_INPUT)
            .map_err(NamedFileError::or_dash)
            .with_context(|| format!("failed to read the input from `{path}`"))?;
        (text, format!("`{path}`"))
    } else {
        (argument.to_owned(), place.to_owned())
    };
    json(text, &origin)
}

/// The text as JSON: without a byte order mark, and with U+FFFD where it is not Unicode.
fn json(text: String, origin: &str) -> anyhow::Result<String> {
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    serde_json::from_str::<IgnoredAny>(&text).map_err(|error| {
        let fault = mend::fault(text.as_bytes(), &error);
        anyhow::anyhow!(
            "the input from {origin} is not JSON: {fault}; pass JSON, @FILE, or - for standard input"
        )
    })?;
    if let Some(place) = repeated::place(&text) {
        anyhow::bail!(
            "the input from {origin} has `{place}` twice, and JSON has one value for a name: remove the other"
        );
    }
    let mended = mend::not_unicode(text.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(mended) = mended else {
        return Ok(text);
    };
    tracing::warn!("the input from {origin}: {}", mend::NOT_UNICODE);
    Ok(mended)
}
