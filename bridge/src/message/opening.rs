//! The answers that open a connection, read as far as the bridge needs them. What is only shown, and a capability of
//! an odd type, never costs the connection.

use rmcp::model::{
    DiscoverResult, Implementation, InitializeResult, ProtocolVersion, ServerCapabilities,
};
use serde_json::{Map, Value, json};

/// Capabilities whose members are all optional.
const CAPABILITIES: [&str; 5] = ["logging", "completions", "prompts", "resources", "tools"];
/// Capabilities that have an object under each name.
const OPEN_ENDED: [&str; 2] = ["experimental", "extensions"];

/// The answer to `initialize`, or what is wrong with it, as words that follow its name.
pub(super) fn initialized(result: &str) -> Result<InitializeResult, String> {
    let mut result = match serde_json::from_str(result) {
        Ok(Value::Object(result)) => result,
        Ok(other) => return Err(format!("is {}, and must be an object", kind(&other))),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let version = match result.remove("protocolVersion") {
        Some(Value::String(version)) => version,
        Some(other) => {
            let kind = kind(&other);
            return Err(format!(
                "has {kind} as its `protocolVersion`, which must be text"
            ));
        }
        None => return Err("has no `protocolVersion`".to_owned()),
    };
    let version = revision(version).ok_or("has a `protocolVersion` that cannot be read")?;
    Ok(
        InitializeResult::new(capabilities(result.remove("capabilities")))
            .with_protocol_version(version)
            .with_server_info(about(result.remove("serverInfo"))),
    )
}

/// The answer to `server/discover`, where it is one: a server that does not know the question may answer anything.
pub(super) fn discovered(result: &str) -> Option<DiscoverResult> {
    if let Ok(result) = serde_json::from_str(result) {
        return Some(result);
    }
    let Ok(Value::Object(mut result)) = serde_json::from_str(result) else {
        return None;
    };
    let Some(Value::Array(versions)) = result.remove("supportedVersions") else {
        return None;
    };
    let versions: Vec<ProtocolVersion> = versions
        .into_iter()
        .filter_map(|version| serde_json::from_value(version).ok())
        .collect();
    let capabilities = capabilities(result.remove("capabilities"));
    (!versions.is_empty()).then(|| DiscoverResult::new(versions, capabilities))
}

fn revision(version: String) -> Option<ProtocolVersion> {
    serde_json::from_value(Value::String(version)).ok()
}

fn capabilities(given: Option<Value>) -> ServerCapabilities {
    let Some(Value::Object(mut given)) = given else {
        return ServerCapabilities::default();
    };
    let mut usable = Map::new();
    for name in CAPABILITIES {
        let settings = match given.remove(name) {
            None | Some(Value::Null | Value::Bool(false)) => continue,
            Some(Value::Object(settings)) => settings,
            // `true` and the like say that it is there.
            Some(_) => Map::new(),
        };
        let is_open = matches!(name, "logging" | "completions");
        let settings = settings
            .into_iter()
            .filter(|(_, value)| is_open || value.is_boolean());
        usable.insert(name.to_owned(), settings.collect());
    }
    for name in OPEN_ENDED {
        if let Some(Value::Object(settings)) = given.remove(name) {
            let settings = settings.into_iter().filter(|(_, value)| value.is_object());
            usable.insert(name.to_owned(), settings.collect());
        }
    }
    serde_json::from_value(Value::Object(usable)).unwrap_or_default()
}

/// Name and version are for display.
fn about(given: Option<Value>) -> Implementation {
    let given = given.unwrap_or_else(|| json!({}));
    let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    Implementation::new(text("name"), text("version"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn opened(result: &Value) -> Result<InitializeResult, String> {
        initialized(&result.to_string())
    }

    #[test]
    fn odd_capability_or_name_does_not_cost_the_answer() {
        for (given, tools) in [
            (
                json!({"tools": true, "completions": true, "prompts": 1}),
                true,
            ),
            (json!({"tools": [], "experimental": {"a": true}}), true),
            (
                json!({"tools": {"listChanged": "yes"}, "extensions": []}),
                true,
            ),
            (
                json!({"tools": null, "resources": {"subscribe": null}}),
                false,
            ),
            (json!({"tools": false}), false),
            (json!(true), false),
            (json!(null), false),
        ] {
            let answer = json!({"protocolVersion": "2025-06-18", "capabilities": given, "serverInfo": given,
                "instructions": 7, "_meta": 7});
            let opened = opened(&answer).unwrap();
            assert_eq!(opened.capabilities.tools.is_some(), tools, "{answer}");
        }
        let opened = opened(&json!({"protocolVersion": "2025-06-18"})).unwrap();
        assert_eq!(opened.protocol_version, ProtocolVersion::V_2025_06_18);
    }

    #[test]
    fn what_the_client_acts_on_is_kept() {
        let opened = opened(&json!({"protocolVersion": "2025-11-25",
            "capabilities": {"tools": {"listChanged": true}, "logging": {"a": 1}},
            "serverInfo": {"name": "n", "version": "1", "icons": 7}}))
        .unwrap();
        assert_eq!(opened.capabilities.tools.unwrap().list_changed, Some(true));
        assert_eq!(opened.capabilities.logging.unwrap()["a"], 1);
        assert_eq!(
            (opened.server_info.name, opened.server_info.version),
            ("n".into(), "1".into())
        );
    }

    #[test]
    fn member_that_is_missing_or_of_another_type_is_named() {
        for (answer, problem) in [
            (json!({}), "has no `protocolVersion`"),
            (json!([]), "is a list, and must be an object"),
            (
                json!({"protocolVersion": 20250618}),
                "has a number as its `protocolVersion`, which must be text",
            ),
        ] {
            assert_eq!(opened(&answer).unwrap_err(), problem);
        }
    }

    #[test]
    fn discovery_needs_its_revisions_and_nothing_else() {
        let found = |answer: Value| discovered(&answer.to_string());
        let modern =
            found(json!({"supportedVersions": ["2026-07-28", 7], "capabilities": {"tools": true}}));
        assert_eq!(
            modern.unwrap().supported_versions,
            [ProtocolVersion::LATEST]
        );
        assert!(found(json!({})).is_none());
        assert!(found(json!({"supportedVersions": []})).is_none());
        assert!(found(json!("what?")).is_none());
    }
}
