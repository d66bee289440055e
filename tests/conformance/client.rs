//! The client that the conformance suite tests: the bridge, and nothing else.
//!
//! The suite starts it with the address of a server, and with the scenario in the environment. It connects, lists, and
//! calls every tool; how the bridge does that is what is tested.

use std::env;
use std::error::Error;
use std::path::Path;

use mcp_bridge::{Config, JsonObject, Server, Tool};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).ok_or("usage: conformance-client URL")?;
    let entry = json!({"url": url, "elicitation": "defaults", "tool_timeout_sec": 10});
    let config = json!({"mcpServers": {"suite": entry}}).to_string();
    let config = Config::parse(&config, Path::new("mcp.json"))?;
    let server = Server::connect(config.server("suite")?).await?;
    for (tool, arguments) in calls(&server)? {
        // An error of one call is the suite's to judge.
        match server.call(&tool, arguments).await {
            Ok(_) => eprintln!("called {tool}"),
            Err(error) => eprintln!("called {tool}: {error}"),
        }
    }
    server.close().await;
    Ok(())
}

/// The calls that the scenario names, or else one of each tool.
fn calls(server: &Server) -> Result<Vec<(String, JsonObject)>, Box<dyn Error>> {
    let context: Value = match env::var("MCP_CONFORMANCE_CONTEXT") {
        Ok(context) => serde_json::from_str(&context)?,
        Err(_) => Value::Null,
    };
    if let Some(calls) = context["toolCalls"].as_array() {
        return calls
            .iter()
            .map(|call| {
                let name = call["name"].as_str().ok_or("a call without a name")?;
                let arguments = call["arguments"].as_object().cloned();
                Ok((name.to_owned(), arguments.unwrap_or_default()))
            })
            .collect();
    }
    let schemas = server.tools().iter().map(|tool| &tool.input_schema);
    let richest = schemas.max_by_key(|schema| schema.len());
    let call = |tool: &Tool| {
        let mut arguments = JsonObject::new();
        let properties = tool.input_schema.get("properties");
        for (name, schema) in properties.and_then(Value::as_object).into_iter().flatten() {
            let value = match (name.as_str(), schema["type"].as_str()) {
                // The echo tool of one scenario wants another tool's schema back as it came.
                ("schema", _) => json!(richest),
                (_, Some("number" | "integer")) => json!(2),
                (_, Some("boolean")) => json!(true),
                (_, Some("string")) => json!("text"),
                _ => continue,
            };
            arguments.insert(name.clone(), value);
        }
        (tool.name.to_string(), arguments)
    };
    Ok(server.tools().iter().map(call).collect())
}
