//! The baseline for `mcp-host run` of a skill with one tool call: a program around rmcp's client alone that starts the
//! server, lists its tools, makes the same call and prints the response. `bare-client SERVER [ARGUMENT...]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it is measured, and not used"
)]

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _};
use rmcp::transport::TokioChildProcess;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let Some(server) = arguments.next() else {
        panic!("usage: bare-client SERVER [ARGUMENT...]");
    };
    let mut command = tokio::process::Command::new(server);
    command.args(arguments);
    let preferred_versions = vec![ProtocolVersion::LATEST];
    let lifecycle = ClientLifecycleMode::Discover { preferred_versions };
    let client =
        ().serve_with_lifecycle(TokioChildProcess::new(command).unwrap(), lifecycle)
            .await
            .unwrap();
    let tools = client.list_all_tools().await.unwrap();
    assert!(tools.iter().any(|tool| tool.name == "wait"));
    let arguments = json!({"name": "a"}).as_object().unwrap().clone();
    let params = CallToolRequestParams::new("wait").with_arguments(arguments);
    let answer = client.call_tool(params).await.unwrap();
    println!(
        "{}",
        answer.structured_content.unwrap()["name"].as_str().unwrap()
    );
    client.cancel().await.unwrap();
}
