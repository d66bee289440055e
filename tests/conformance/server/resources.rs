//! The fixture resources.

use serde_json::{Value, json};

use crate::tools::PIXEL;

pub(crate) fn list() -> Value {
    let resource = |name: &str, kind: &str| {
        json!({
            "uri": format!("test://{name}"), "name": name, "description": "A fixture.",
            "mimeType": kind
        })
    };
    json!({ "resources": [
        resource("static-text", "text/plain"),
        resource("static-binary", "image/png"),
        resource("watched-resource", "text/plain"),
    ] })
}

pub(crate) fn templates() -> Value {
    json!({ "resourceTemplates": [{
        "uriTemplate": "test://template/{id}/data", "name": "template",
        "description": "A fixture.", "mimeType": "application/json"
    }] })
}

/// What stands under this URI. `None`: nothing does.
pub(crate) fn contents(uri: &str) -> Option<Value> {
    let text = |kind: &str, text: &str| json!({ "uri": uri, "mimeType": kind, "text": text });
    let name = uri.strip_prefix("test://")?;
    match name {
        "static-text" => {
            let what = "This is the content of the static text resource.";
            Some(text("text/plain", what))
        }
        "static-binary" => Some(json!({ "uri": uri, "mimeType": "image/png", "blob": PIXEL })),
        "watched-resource" => Some(text("text/plain", "watched")),
        _ => {
            let id = name.strip_prefix("template/")?.strip_suffix("/data")?;
            let data = json!({
                "id": id, "templateTest": true, "data": format!("Data for ID: {id}")
            });
            Some(text("application/json", &data.to_string()))
        }
    }
}
