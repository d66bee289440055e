//! The fixture prompts.

use rmcp::model::{ErrorData, GetPromptRequestParams};
use serde_json::{Value, json};

use crate::tools::PIXEL;

pub(crate) fn list() -> Value {
    let prompt = |name: &str, arguments: &[&str]| {
        let argument =
            |name: &&str| json!({ "name": name, "description": "text", "required": true });
        let arguments: Vec<_> = arguments.iter().map(argument).collect();
        json!({ "name": name, "description": "A fixture.", "arguments": arguments })
    };
    json!({ "prompts": [
        prompt("test_simple_prompt", &[]),
        prompt("test_prompt_with_arguments", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", &["resourceUri"]),
        prompt("test_prompt_with_image", &[]),
        prompt("test_input_required_result_prompt", &[]),
    ] })
}

/// The result of `prompts/get`.
pub(crate) fn messages(asked: &GetPromptRequestParams) -> Result<Value, ErrorData> {
    let argument = |name: &str| {
        let given = asked.arguments.as_ref().and_then(|given| given.get(name));
        serde_json::to_value(given)
            .ok()
            .and_then(|given| given.as_str().map(str::to_owned))
    };
    let argument = |name: &str| argument(name).unwrap_or_default();
    match &*asked.name {
        "test_simple_prompt" => Ok(of_text("This is a simple prompt for testing.")),
        "test_prompt_with_arguments" => {
            let (first, second) = (argument("arg1"), argument("arg2"));
            Ok(of_text(&format!(
                "Prompt with arguments: arg1='{first}', arg2='{second}'"
            )))
        }
        "test_prompt_with_embedded_resource" => {
            let resource = json!({
                "uri": argument("resourceUri"), "mimeType": "text/plain",
                "text": "Embedded resource content for testing."
            });
            let resource = json!({ "type": "resource", "resource": resource });
            Ok(with(
                &resource,
                "Please process the embedded resource above.",
            ))
        }
        "test_prompt_with_image" => {
            let image = json!({ "type": "image", "data": PIXEL, "mimeType": "image/png" });
            Ok(with(&image, "Please analyze the image above."))
        }
        _ => Err(ErrorData::invalid_params("no such prompt", None)),
    }
}

/// A prompt of one text.
pub(crate) fn of_text(text: &str) -> Value {
    json!({ "messages": [message(&json!({ "type": "text", "text": text }))] })
}

fn with(content: &Value, text: &str) -> Value {
    let text = json!({ "type": "text", "text": text });
    json!({ "messages": [message(content), message(&text)] })
}

fn message(content: &Value) -> Value {
    json!({ "role": "user", "content": content })
}
