//! Turns the response of a server into the contract's types, for typed and dynamic calls.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use mcp_bridge::{CallError, CallToolResult, ContentBlock, RawJson, ResourceContents as Contents};
use wasmtime::component::Val;

use super::bindings::mcp::tools::types::{
    ContentBlock as Block, EmbeddedResource, Media, ResourceContents, ResourceLink,
};
use super::{Cases as _, ToolError, ToolResult};
use crate::rules::limits::{Account, Charge, Spend, Stop};
use mcp_codec::json;

/// The response as the guest gets it: `isError` becomes `tool-error::failed`. A block that the contract cannot express
/// is left out alone, with a warning; it is an error only where nothing else is in the response.
pub(crate) fn tool_result(answer: CallToolResult) -> Result<ToolResult, ToolError> {
    let failed = answer.is_error == Some(true);
    let mut content = Vec::with_capacity(answer.content.len());
    let mut first = None;
    for (place, given) in answer.content.into_iter().enumerate() {
        match block(given) {
            Ok(block) => content.push(block),
            Err(error) => {
                first.get_or_insert((place, error));
            }
        }
    }
    if let Some((place, error)) = first {
        if content.is_empty() && answer.structured_content.is_none() && !failed {
            return Err(error);
        }
        let why = error.text().unwrap_or_default();
        tracing::warn!("content block {place} of an answer is left out: {why}");
    }
    let result = ToolResult {
        structured: answer.structured_content.map(String::from),
        content,
    };
    if failed {
        Err(ToolError::Failed(result))
    } else {
        Ok(result)
    }
}

/// Charges a server's response at its size in memory.
pub(crate) fn charge_answer(answer: &CallToolResult, spend: &mut Spend<'_>) -> Result<(), Stop> {
    spend.take(size_of::<CallToolResult>())?;
    if let Some(structured) = &answer.structured_content {
        spend.take(structured.get().len())?;
    }
    for block in &answer.content {
        spend.take(size_of::<ContentBlock>())?;
        // Annotations and metadata are trees of the server that the host does not pass on: their text shows their size.
        spend.take(match block {
            ContentBlock::Text(text) => text.text.len() + tree(&(&text.meta, &text.annotations)),
            ContentBlock::Image(image) => {
                image.data.len() + tree(&(&image.meta, &image.annotations))
            }
            ContentBlock::Audio(audio) => {
                audio.data.len() + tree(&(&audio.meta, &audio.annotations))
            }
            ContentBlock::Resource(resource) => {
                let contents = match &resource.resource {
                    Contents::TextResourceContents { text, meta, .. } => text.len() + tree(meta),
                    Contents::BlobResourceContents { blob, meta, .. } => blob.len() + tree(meta),
                    contents => tree(contents),
                };
                contents + tree(&(&resource.meta, &resource.annotations))
            }
            block => tree(block),
        })?;
    }
    Ok(())
}

/// Bytes of memory for each byte of JSON text in a tree of small values.
const TREE: usize = 24;

fn tree(value: &impl serde::Serialize) -> usize {
    json::size(value).saturating_mul(TREE)
}

/// Charges the result that [`tool_result`] makes of an answer.
pub(crate) fn charge_result<'a>(
    answer: &CallToolResult,
    account: &'a Account,
) -> Result<Charge<'a>, Stop> {
    let structured = answer.structured_content.as_ref().map_or(0, text_length);
    let content: usize = answer
        .content
        .iter()
        .map(|block| size_of::<Block>() + bytes_of(block))
        .sum();
    account.charge(structured.saturating_add(content))
}

fn text_length(text: &RawJson) -> usize {
    text.get().len()
}

/// Bytes of text and of binary content in a block, as the contract has them.
fn bytes_of(block: &ContentBlock) -> usize {
    match block {
        ContentBlock::Text(text) => text.text.len(),
        ContentBlock::Image(media) => binary(&media.data) + media.mime_type.len(),
        ContentBlock::Audio(media) => binary(&media.data) + media.mime_type.len(),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            Contents::TextResourceContents { uri, text, .. } => uri.len() + text.len(),
            Contents::BlobResourceContents { uri, blob, .. } => uri.len() + binary(blob),
            _ => 0,
        },
        ContentBlock::ResourceLink(link) => {
            link.uri.len() + link.name.len() + link.description.as_ref().map_or(0, String::len)
        }
        _ => 0,
    }
}

/// The bytes of a base64 text.
fn binary(base64: &str) -> usize {
    base64.len() / 4 * 3
}

/// Charges the value that [`tool_result_val`] makes of a result: a byte of binary content becomes a whole value.
pub(crate) fn charge_val(result: &ToolResult, spend: &mut Spend<'_>) -> Result<(), Stop> {
    /// Records, variants and labels of one block.
    const BLOCK: usize = 12 * size_of::<Val>() + 256;
    spend.take(BLOCK + result.structured.as_ref().map_or(0, String::len))?;
    for block in &result.content {
        let (text, binary) = match block {
            Block::Text(text) => (text.len(), 0),
            Block::Image(media) | Block::Audio(media) => (media.mime_type.len(), media.data.len()),
            Block::Resource(resource) => match &resource.contents {
                ResourceContents::Text(text) => (resource.uri.len() + text.len(), 0),
                ResourceContents::Blob(blob) => (resource.uri.len(), blob.len()),
            },
            Block::ResourceLink(link) => (
                link.uri.len() + link.name.len() + link.description.as_ref().map_or(0, String::len),
                0,
            ),
        };
        spend.take(BLOCK + text + binary.saturating_mul(size_of::<Val>()))?;
    }
    Ok(())
}

/// The bridge's error as the contract's.
pub(crate) fn call_error(error: &CallError) -> ToolError {
    let text = error.to_string();
    match error {
        CallError::InvalidArguments(_) => ToolError::InvalidArguments(text),
        CallError::NotFound(_) => ToolError::NotFound(text),
        CallError::Refused(_) => ToolError::Denied(text),
        CallError::TimedOut(_) | CallError::Silent(_) | CallError::Throttled { .. } => {
            ToolError::TimedOut(text)
        }
        CallError::Unavailable(_) | CallError::LoginRequired(_) => ToolError::Unavailable(text),
        CallError::TooLarge(_) | CallError::TooMuchMemory(_) => ToolError::TooLarge(text),
        // A server that broke MCP; also errors that later versions of the bridge add.
        CallError::Protocol(_) | _ => ToolError::Protocol(text),
    }
}

/// How a call failed, as an observer of calls has it: a case of the contract's `tool-error`.
#[must_use]
pub fn call_outcome(error: &CallError) -> &'static str {
    call_error(error).case()
}

fn block(block: ContentBlock) -> Result<Block, ToolError> {
    Ok(match block {
        ContentBlock::Text(text) => Block::Text(text.text),
        ContentBlock::Image(image) => Block::Image(media(image.data, image.mime_type)?),
        ContentBlock::Audio(audio) => Block::Audio(media(audio.data, audio.mime_type)?),
        ContentBlock::ResourceLink(link) => Block::ResourceLink(ResourceLink {
            uri: link.uri,
            name: link.name,
            description: link.description,
            mime_type: link.mime_type,
        }),
        ContentBlock::Resource(embedded) => Block::Resource(resource(embedded.resource)?),
        other => {
            return Err(ToolError::Protocol(format!(
                "a content block of an unknown kind: {other:?}"
            )));
        }
    })
}

fn resource(resource: Contents) -> Result<EmbeddedResource, ToolError> {
    Ok(match resource {
        Contents::TextResourceContents {
            uri,
            mime_type,
            text,
            ..
        } => EmbeddedResource {
            uri,
            mime_type,
            contents: ResourceContents::Text(text),
        },
        Contents::BlobResourceContents {
            uri,
            mime_type,
            blob,
            ..
        } => EmbeddedResource {
            uri,
            mime_type,
            contents: ResourceContents::Blob(bytes(blob)?),
        },
        other => {
            return Err(ToolError::Protocol(format!(
                "a resource of an unknown kind: {other:?}"
            )));
        }
    })
}

fn media(data: String, mime_type: String) -> Result<Media, ToolError> {
    Ok(Media {
        data: bytes(data)?,
        mime_type,
    })
}

/// The bytes of base64 as servers write it: in lines, without padding, or in the alphabet for URLs.
pub(crate) fn bytes(mut base64: String) -> Result<Vec<u8>, ToolError> {
    let error = match STANDARD.decode(&base64) {
        Ok(bytes) => return Ok(bytes),
        Err(error) => error,
    };
    base64.retain(|letter| !letter.is_ascii_whitespace());
    let letters = base64.trim_end_matches('=');
    let engine = if letters.contains(['-', '_']) {
        URL_SAFE_NO_PAD
    } else {
        STANDARD_NO_PAD
    };
    let read = engine.decode(letters);
    read.map_err(|_| ToolError::Protocol(format!("binary content is not base64: {error}")))
}

/// A `tool-result` for a function that is linked dynamically.
pub(crate) fn tool_result_val(result: ToolResult) -> Val {
    record([
        ("structured", option(result.structured)),
        (
            "content",
            Val::List(result.content.into_iter().map(block_val).collect()),
        ),
    ])
}

/// A `tool-error` for a function that is linked dynamically.
pub(crate) fn tool_error_val(error: ToolError) -> Val {
    let case = error.case();
    let payload = match error {
        ToolError::Failed(result) => tool_result_val(result),
        error => Val::String(error.into_text().unwrap_or_default()),
    };
    variant(case, payload)
}

fn block_val(block: Block) -> Val {
    match block {
        Block::Text(text) => variant("text", Val::String(text)),
        Block::Image(media) => variant("image", media_val(media)),
        Block::Audio(media) => variant("audio", media_val(media)),
        Block::Resource(resource) => variant("resource", resource_val(resource)),
        Block::ResourceLink(link) => variant(
            "resource-link",
            record([
                ("uri", Val::String(link.uri)),
                ("name", Val::String(link.name)),
                ("description", option(link.description)),
                ("mime-type", option(link.mime_type)),
            ]),
        ),
    }
}

fn media_val(media: Media) -> Val {
    record([
        ("data", byte_list(media.data)),
        ("mime-type", Val::String(media.mime_type)),
    ])
}

fn resource_val(resource: EmbeddedResource) -> Val {
    let contents = match resource.contents {
        ResourceContents::Text(text) => variant("text", Val::String(text)),
        ResourceContents::Blob(blob) => variant("blob", byte_list(blob)),
    };
    record([
        ("uri", Val::String(resource.uri)),
        ("mime-type", option(resource.mime_type)),
        ("contents", contents),
    ])
}

fn record<const N: usize>(fields: [(&str, Val); N]) -> Val {
    Val::Record(
        fields
            .into_iter()
            .map(|(label, value)| (label.to_owned(), value))
            .collect(),
    )
}

fn variant(case: &str, payload: Val) -> Val {
    Val::Variant(case.to_owned(), Some(Box::new(payload)))
}

fn option(text: Option<String>) -> Val {
    Val::Option(text.map(|text| Box::new(Val::String(text))))
}

fn byte_list(bytes: Vec<u8>) -> Val {
    Val::List(bytes.into_iter().map(Val::U8).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn base64_is_read_as_servers_write_it() {
        for text in ["+/8A", "-_8A", "+/8\r\nA\n", "+ /8A"] {
            assert_eq!(bytes(text.to_owned()).unwrap(), [0xfb, 0xff, 0], "{text}");
        }
        for text in ["AA==", "AA", "AA\n==\n"] {
            assert_eq!(bytes(text.to_owned()).unwrap(), [0], "{text}");
        }
        assert!(matches!(
            bytes("not base64!".to_owned()),
            Err(ToolError::Protocol(_))
        ));
    }

    #[test]
    fn block_that_cannot_be_decoded_costs_itself_alone() {
        let image = |data: &str| ContentBlock::image(data, "image/png");
        let result =
            CallToolResult::success(vec![image("?"), ContentBlock::text("a"), image("AA")]);
        let result = tool_result(result).unwrap();
        assert_eq!(result.content.len(), 2);
        let alone = tool_result(CallToolResult::success(vec![image("?")]));
        assert!(matches!(alone, Err(ToolError::Protocol(_))));
        let failed = tool_result(CallToolResult::error(vec![image("?")]));
        assert!(matches!(failed, Err(ToolError::Failed(_))));
    }
}
