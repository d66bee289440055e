//! Turns what a server answered into the contract's types, for typed and dynamic calls alike.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcp_bridge::{CallError, CallToolResult, ContentBlock, ResourceContents as Contents};
use wasmtime::component::Val;

use super::bindings::mcp::tools::types::{
    ContentBlock as Block, EmbeddedResource, Media, ResourceContents, ResourceLink,
};
use super::{ToolError, ToolResult};

/// The answer as the guest sees it: `isError` becomes `tool-error::failed`.
pub(crate) fn tool_result(answer: CallToolResult) -> Result<ToolResult, ToolError> {
    let failed = answer.is_error == Some(true);
    let content = answer
        .content
        .into_iter()
        .map(block)
        .collect::<Result<_, _>>()?;
    let result = ToolResult {
        structured: answer.structured_content.map(|value| value.to_string()),
        content,
    };
    if failed {
        Err(ToolError::Failed(result))
    } else {
        Ok(result)
    }
}

/// The bridge's error as the contract's.
pub(crate) fn call_error(error: CallError) -> ToolError {
    let text = error.to_string();
    match error {
        CallError::InvalidArguments(_) => ToolError::InvalidArguments(text),
        CallError::NotFound(_) => ToolError::NotFound(text),
        CallError::Refused(_) => ToolError::Denied(text),
        CallError::TimedOut(_) | CallError::Silent(_) | CallError::Throttled { .. } => {
            ToolError::TimedOut(text)
        }
        CallError::Unavailable(_) => ToolError::Unavailable(text),
        CallError::TooLarge(_) | CallError::TooHeavy(_) => ToolError::TooLarge(text),
        // What a later bridge may tell apart is for now a server that did not keep to MCP.
        CallError::Protocol(_) | _ => ToolError::Protocol(text),
    }
}

fn block(block: ContentBlock) -> Result<Block, ToolError> {
    Ok(match block {
        ContentBlock::Text(text) => Block::Text(text.text),
        ContentBlock::Image(image) => Block::Image(media(&image.data, image.mime_type)?),
        ContentBlock::Audio(audio) => Block::Audio(media(&audio.data, audio.mime_type)?),
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
            contents: ResourceContents::Blob(bytes(&blob)?),
        },
        other => {
            return Err(ToolError::Protocol(format!(
                "a resource of an unknown kind: {other:?}"
            )));
        }
    })
}

fn media(data: &str, mime_type: String) -> Result<Media, ToolError> {
    Ok(Media {
        data: bytes(data)?,
        mime_type,
    })
}

fn bytes(base64: &str) -> Result<Vec<u8>, ToolError> {
    STANDARD
        .decode(base64)
        .map_err(|error| ToolError::Protocol(format!("binary content is not base64: {error}")))
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
    let (case, payload) = match error {
        ToolError::Failed(result) => ("failed", tool_result_val(result)),
        ToolError::InvalidArguments(text) => ("invalid-arguments", Val::String(text)),
        ToolError::Denied(text) => ("denied", Val::String(text)),
        ToolError::NotFound(text) => ("not-found", Val::String(text)),
        ToolError::BudgetExhausted(text) => ("budget-exhausted", Val::String(text)),
        ToolError::TimedOut(text) => ("timed-out", Val::String(text)),
        ToolError::Unavailable(text) => ("unavailable", Val::String(text)),
        ToolError::TooLarge(text) => ("too-large", Val::String(text)),
        ToolError::Protocol(text) => ("protocol", Val::String(text)),
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
