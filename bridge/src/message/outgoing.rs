//! The text of a message that goes to a server: the one place where it is made, for every transport.

use std::collections::BTreeMap;

use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::arguments;

/// The message as one JSON text without a line break.
///
/// # Errors
///
/// Where a part of it cannot be written as JSON, which no message of ours holds.
pub(crate) fn encode(message: &ClientJsonRpcMessage) -> serde_json::Result<Vec<u8>> {
    let text = serde_json::to_vec(message)?;
    match arguments_of(message) {
        None => Ok(text),
        Some(arguments) => with_arguments(&text, arguments),
    }
}

/// The arguments of a call that are text.
fn arguments_of(message: &ClientJsonRpcMessage) -> Option<&RawValue> {
    match message {
        JsonRpcMessage::Request(request) => match &request.request {
            ClientRequest::CallToolRequest(call) => arguments::text_of(&call.extensions),
            _ => None,
        },
        _ => None,
    }
}

/// A request without arguments, and each part as it stands in its text.
#[derive(Serialize, Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    jsonrpc: &'a RawValue,
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    method: &'a RawValue,
    #[serde(borrow)]
    params: BTreeMap<&'a str, &'a RawValue>,
}

fn with_arguments(request: &[u8], arguments: &RawValue) -> serde_json::Result<Vec<u8>> {
    let mut request: Request<'_> = serde_json::from_slice(request)?;
    request.params.insert("arguments", arguments);
    let mut text = serde_json::to_vec(&request)?;
    // Between the parts of a JSON text a line break is as good as a space, and in a string there is none.
    for byte in &mut text {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use rmcp::model::{CallToolRequestParams, NumberOrString};
    use serde_json::{Value, json};

    use super::*;
    use crate::Arguments;

    fn encoded(arguments: Arguments) -> String {
        let call = arguments.request(CallToolRequestParams::new("a \"tool\""));
        let request = ClientRequest::CallToolRequest(call);
        let message = ClientJsonRpcMessage::request(request, NumberOrString::Number(7));
        String::from_utf8(encode(&message).unwrap()).unwrap()
    }

    #[test]
    fn arguments_that_are_text_are_sent_as_they_are_and_on_one_line() {
        let written = "{\"a\": 1e2,\r\n \"b\": [\"\\n\"]}";
        let text = encoded(RawValue::from_string(written.into()).unwrap().into());
        assert!(text.contains("{\"a\": 1e2,   \"b\": [\"\\n\"]}"), "{text}");
        assert!(!text.contains('\n'));
        let object = serde_json::from_str::<crate::JsonObject>(written).unwrap();
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&text), read(&encoded(object.into())));
        assert_eq!(read(&text)["params"]["name"], json!("a \"tool\""));
    }
}
