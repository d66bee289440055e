//! Takes every kind of answer that the server `everything` gives: text, structured, image, resource, link and error.
#![forbid(unsafe_code)]

use mcp_guest_sdk::tools::{ContentBlock, ResourceContents, ToolResult};
use mcp_guest_sdk::{Error, Skill, ToolError};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-everything");
use everything::{
    EchoParams, GetAnnotatedMessageParams, GetResourceLinksParams, GetResourceReferenceParams,
    GetStructuredContentParams, GetSumParams, GzipFileAsResourceParams, Location, MessageType,
    OutputType, ResourceType,
};

struct Everything;

impl Skill for Everything {
    const DESCRIPTION: &str = "Collects one answer of each kind.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let echo = everything::echo(&EchoParams::new("\"grüße\"\n\u{1f980}"))?;
        let sum = everything::get_sum(GetSumParams::new(0.1, 2e3))?;
        let weather = everything::get_structured_content(GetStructuredContentParams::new(
            Location::LosAngeles,
        ))?;
        let message = everything::get_annotated_message(GetAnnotatedMessageParams {
            include_image: Some(true),
            ..GetAnnotatedMessageParams::new(MessageType::Success)
        })?;
        let image = everything::get_tiny_image()?;
        let links = everything::get_resource_links(GetResourceLinksParams { count: Some(2.0) })?;
        let gzip = everything::gzip_file_as_resource(&GzipFileAsResourceParams {
            name: Some("hello.gz".to_owned()),
            data: Some("data:text/plain,hello".to_owned()),
            output_type: Some(OutputType::Resource),
        })?;

        Ok(json!({
            "echo": blocks(&echo),
            "sum": blocks(&sum),
            "weather": [weather.temperature, weather.humidity, weather.conditions],
            "message": blocks(&message),
            "sameImage": message.content.get(1) == image.content.get(1),
            "links": blocks(&links),
            "text": blocks(&reference(None, None)?),
            "blob": blocks(&reference(Some(ResourceType::Blob), Some(2.0))?),
            "gzip": blocks(&gzip),
            "noResource": no_resource()?,
        }))
    }
}

mcp_guest_sdk::export_skill!(Everything);

fn reference(
    resource_type: Option<ResourceType>,
    resource_id: Option<f64>,
) -> Result<ToolResult, ToolError> {
    everything::get_resource_reference(GetResourceReferenceParams {
        resource_type,
        resource_id,
    })
}

/// What the server says about a resource that cannot be.
fn no_resource() -> Result<String, Error> {
    match reference(None, Some(-1.5)) {
        Err(ToolError::Failed(answer)) => Ok(answer.text()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Error::msg("the server has a resource -1.5")),
    }
}

fn blocks(answer: &ToolResult) -> Vec<Value> {
    answer.content.iter().map(block).collect()
}

fn block(block: &ContentBlock) -> Value {
    match block {
        ContentBlock::Text(text) => json!(text),
        ContentBlock::Image(media) => json!({ "image": media.mime_type, "is": magic(&media.data) }),
        ContentBlock::Audio(media) => json!({ "audio": media.mime_type }),
        ContentBlock::Resource(resource) => json!({
            "resource": resource.uri,
            "mimeType": resource.mime_type,
            "contents": match &resource.contents {
                ResourceContents::Text(text) => json!({ "text": untimed(text) }),
                ResourceContents::Blob(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => json!({ "utf8": untimed(text) }),
                    Err(_) => json!(magic(bytes)),
                },
            },
        }),
        ContentBlock::ResourceLink(link) => {
            json!({ "link": link.uri, "name": link.name, "description": link.description, "mimeType": link.mime_type })
        }
    }
}

/// What a file begins with says what it is.
fn magic(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0x1f, 0x8b, ..] => "gzip",
        _ => "unknown",
    }
}

/// The server writes the time of day into its resources.
fn untimed(text: &str) -> &str {
    text.split_once(" created at ")
        .map_or(text, |(text, _)| text)
}
