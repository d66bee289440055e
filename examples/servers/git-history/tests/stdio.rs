//! The server as a client sees it: a process that speaks MCP on stdin and stdout.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult, JsonObject};
use rmcp::service::{RoleClient, RunningService, ServiceError};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use tokio::process::Command;

/// Serves a new repository with one commit. The directory must outlive the client.
async fn client() -> (RunningService<RoleClient, ()>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let git = async |args: &[&str]| {
        let status = Command::new("git")
            .current_dir(directory.path())
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(args)
            .status()
            .await
            .unwrap();
        assert!(status.success());
    };
    git(&["init", "--quiet", "--initial-branch=main"]).await;
    git(&["commit", "--quiet", "--allow-empty", "-m", "First"]).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-history-server"));
    command.arg("--repo").arg(directory.path());
    (
        ().serve(TokioChildProcess::new(command).unwrap())
            .await
            .unwrap(),
        directory,
    )
}

async fn call(
    client: &RunningService<RoleClient, ()>,
    tool: &'static str,
    arguments: Value,
) -> Result<CallToolResult, ServiceError> {
    let arguments: JsonObject = serde_json::from_value(arguments).unwrap();
    client
        .call_tool(CallToolRequestParams::new(tool).with_arguments(arguments))
        .await
}

#[tokio::test]
async fn tools_are_listed_with_clean_schemas() {
    let (client, _directory) = client().await;
    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "describe_repository",
            "get_commit",
            "list_commits",
            "list_tags"
        ]
    );
    for tool in &tools {
        assert!(
            tool.title.is_some() && tool.description.is_some(),
            "{}",
            tool.name
        );
        assert_eq!(
            tool.annotations.as_ref().unwrap().read_only_hint,
            Some(true)
        );
        assert_eq!(
            tool.output_schema.is_none(),
            tool.name == "describe_repository"
        );
        let schema = serde_json::to_value(&tool.input_schema).unwrap();
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{}.{name}", tool.name);
            assert!(
                property["type"].is_string(),
                "{}.{name} is nullable",
                tool.name
            );
        }
    }
    let page = serde_json::to_value(tools[2].output_schema.as_ref().unwrap()).unwrap();
    assert_eq!(page["required"], json!(["commits"]));
    let file = serde_json::to_value(tools[1].output_schema.as_ref().unwrap()).unwrap();
    assert_eq!(
        file["$defs"]["ChangedFile"]["required"],
        json!(["path", "status"])
    );
    assert_eq!(
        file["$defs"]["ChangedFile"]["properties"]["status"]["enum"],
        json!(["added", "modified", "deleted", "renamed", "type-changed"])
    );
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn typed_tool_answers_structured_content_and_the_other_text() {
    let (client, _directory) = client().await;
    let page = call(&client, "list_commits", json!({})).await.unwrap();
    let structured = page.structured_content.unwrap();
    assert_eq!(structured["commits"][0]["subject"], "First");
    assert!(
        structured.get("nextCursor").is_none(),
        "absent, and not null"
    );

    let text = call(&client, "describe_repository", json!({}))
        .await
        .unwrap();
    assert_eq!(text.structured_content, None);
    assert!(
        text.content[0]
            .as_text()
            .unwrap()
            .text
            .starts_with("branch: main\n")
    );
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn refusals_are_answers_with_is_error() {
    let (client, _directory) = client().await;
    let refusal = async |arguments| {
        let answer = call(&client, "get_commit", arguments).await.unwrap();
        assert_eq!(answer.is_error, Some(true));
        answer.content[0].as_text().unwrap().text.clone()
    };
    assert!(
        refusal(json!({"id": "nope"}))
            .await
            .starts_with("`nope` names no commit")
    );
    assert!(
        refusal(json!({"id": 3}))
            .await
            .contains("expected a string")
    );
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn start_outside_of_a_repository_fails_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_git-history-server"))
        .arg("--repo")
        .arg(directory.path())
        .output()
        .await
        .unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("is not inside a git repository: pass `--repo DIR`"),
        "{stderr}"
    );
}

#[tokio::test]
async fn start_without_git_says_to_install_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_git-history-server"))
        .env("PATH", "/no/such/directory")
        .output()
        .await
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("`git` command was not found on PATH: install git"),
        "{stderr}"
    );
}
