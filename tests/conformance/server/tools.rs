//! The fixture tools whose answers are always the same, and those that notify or ask while they run.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ErrorData,
    ServerNotification, ServerRequest, Tool,
};
use rmcp::service::RequestContext;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::fixture::{Change, complete, is_stateless, read};
use crate::questions;

/// An image of one pixel.
pub(crate) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

/// A sound without a sample.
const SILENCE: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

const PAUSE: Duration = Duration::from_millis(50);

/// The tools that take no arguments.
const PLAIN: [&str; 17] = [
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
    "test_tool_with_logging",
    "test_tool_with_progress",
    "test_sampling",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_missing_capability",
    "test_logging_tool",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_streaming_elicitation",
];

/// All fixture tools.
pub(crate) fn tools() -> Result<Vec<Tool>, ErrorData> {
    let plain = PLAIN.into_iter().chain(questions::TOOLS);
    let plain = plain.map(|name| (name, json!({ "type": "object" })));
    let schemas = [
        ("json_schema_2020_12_tool", vocabulary()),
        ("test_header_parameter", header()),
    ];
    plain
        .chain(schemas)
        .map(|(name, schema)| {
            read(json!({ "name": name, "description": "A fixture.", "inputSchema": schema }))
        })
        .collect()
}

/// A schema with the words of JSON Schema 2020-12 that a server must not drop.
fn vocabulary() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": text, "city": text }
        } },
        "properties": {
            "name": text, "phone": text, "email": text,
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] }
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })
}

/// A parameter that the client repeats in a header.
fn header() -> Value {
    let region = json!({ "type": "string", "x-mcp-header": "Region" });
    json!({ "type": "object", "properties": { "region": region }, "required": ["region"] })
}

/// The answer of a tool that does nothing.
pub(crate) fn fixed(tool: &str) -> Option<Value> {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let image = json!({ "type": "image", "data": PIXEL, "mimeType": "image/png" });
    let resource = |uri: &str, kind: &str, text: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": kind, "text": text } });
    let content = match tool {
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "test_image_content" => json!([image]),
        "test_audio_content" => {
            json!([{ "type": "audio", "data": SILENCE, "mimeType": "audio/wav" }])
        }
        "test_embedded_resource" => json!([resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content."
        )]),
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image,
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#
            ),
        ]),
        "test_error_handling" => {
            let why = "This tool intentionally returns an error for testing";
            return Some(json!({ "content": [text(why)], "isError": true }));
        }
        "json_schema_2020_12_tool" | "test_header_parameter" => json!([text("ok")]),
        _ => return None,
    };
    Some(json!({ "content": content }))
}

/// The answer of a tool that does something. `None`: it is none of these.
pub(crate) async fn active(
    call: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
    changes: &broadcast::Sender<Change>,
) -> Result<Option<CallToolResponse>, ErrorData> {
    let said = match &*call.name {
        "test_tool_with_logging" => {
            for what in ["started", "processing data", "completed"] {
                log(context, &format!("tool: {what}")).await?;
                tokio::time::sleep(PAUSE).await;
            }
            "logged".to_owned()
        }
        "test_logging_tool" => {
            if context.meta.log_level().is_some() || !is_stateless(context) {
                log(context, "the request allows logs").await?;
            }
            "logged as far as the request allows it".to_owned()
        }
        "test_tool_with_progress" => {
            progress(context).await?;
            "done".to_owned()
        }
        "test_sampling" => {
            let prompt = call
                .arguments
                .as_ref()
                .and_then(|given| given.get("prompt"));
            let prompt = prompt.and_then(Value::as_str).unwrap_or("Hello");
            format!(
                "LLM response: {}",
                asked(context, questions::sampling(prompt, 100)).await?
            )
        }
        "test_elicitation"
        | "test_elicitation_sep1034_defaults"
        | "test_elicitation_sep1330_enums" => {
            let question = questions::legacy(&call.name);
            format!("Elicitation completed: {}", asked(context, question).await?)
        }
        "test_missing_capability" => {
            let declared = context.client_capabilities().unwrap_or_default();
            if declared.sampling.is_none() {
                let missing: ClientCapabilities = read(json!({ "sampling": {} }))?;
                return Err(ErrorData::missing_required_client_capability(missing));
            }
            "the client has it".to_owned()
        }
        "test_trigger_tool_change" => announced(changes, Change::Tools),
        "test_trigger_prompt_change" => announced(changes, Change::Prompts),
        _ => return Ok(None),
    };
    let content = json!({ "content": [{ "type": "text", "text": said }] });
    Ok(Some(complete::<CallToolResult>(content)?.into()))
}

fn announced(changes: &broadcast::Sender<Change>, change: Change) -> String {
    let heard = changes.send(change).unwrap_or_default();
    format!("{heard} clients listen")
}

async fn log(context: &RequestContext<RoleServer>, what: &str) -> Result<(), ErrorData> {
    let params = json!({ "level": "info", "logger": "fixture", "data": what });
    notify(
        context,
        json!({ "method": "notifications/message", "params": params }),
    )
    .await
}

async fn progress(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    for progress in [0, 50, 100] {
        if let Some(token) = context.meta.get_progress_token() {
            let params = json!({ "progressToken": token, "progress": progress, "total": 100 });
            notify(
                context,
                json!({ "method": "notifications/progress", "params": params }),
            )
            .await?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn notify(context: &RequestContext<RoleServer>, what: Value) -> Result<(), ErrorData> {
    let notification: ServerNotification = read(what)?;
    let sent = context.peer.send_notification(notification).await;
    sent.map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// Asks the client, as a server of 2025-11-25 does: by a request of its own.
async fn asked(context: &RequestContext<RoleServer>, question: Value) -> Result<Value, ErrorData> {
    let request: ServerRequest = read(question)?;
    let answer = context.peer.send_request(request).await;
    let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    serde_json::to_value(answer).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}
