//! Learned types on disk: labelled, bounded, and without values.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn tool(description: &'static str) -> Tool {
    Tool::new("look", description, Arc::new(JsonObject::new()))
}

/// Learns from an answer, and waits until it is on disk.
async fn learn(types: &Types, tool: &Tool, answer: &CallToolResult) {
    let (value, json) = shapes(answer).unwrap();
    if let Some(write) = types.0.add("s", tool, value, json) {
        tokio::task::spawn_blocking(move || write.run())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_was_seen_is_there_in_a_later_process_until_the_definition_changes() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("learned");
    let types = Types::open(Some(&at));
    assert!(types.of("s", &tool("a")).is_none());
    for count in [1, 2] {
        let answer = CallToolResult::structured(json!({"count": count, "names": ["x"]}));
        learn(&types, &tool("a"), &answer).await;
    }
    let later = Types::open(Some(&at));
    let observed = later.of("s", &tool("a")).unwrap();
    assert_eq!(observed.note, "seen in 2 calls, not declared");
    assert_eq!(observed.schema["properties"]["count"]["type"], "number");
    assert!(later.of("s", &tool("b")).is_none());
    assert!(later.of("other", &tool("a")).is_none());
    for file in std::fs::read_dir(&at).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn no_value_of_an_answer_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("learned");
    let types = Types::open(Some(&at));
    const CANARY: &str = "canary-5d1f-value";
    let inner = json!({"text": CANARY, "list": [CANARY, 987_654_321], CANARY: {"deep": CANARY}});
    let answers = [
        CallToolResult::structured(inner.clone()),
        CallToolResult::success(vec![ContentBlock::text(inner.to_string())]),
        CallToolResult::success(vec![ContentBlock::text(CANARY)]),
        CallToolResult::success(vec![ContentBlock::image(CANARY, CANARY)]),
    ];
    for (answer, name) in answers.iter().zip(["a", "b", "c", "d"]) {
        learn(&types, &tool(name), answer).await;
    }
    let mut files = 0;
    for file in std::fs::read_dir(&at).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(
            !text.contains("canary") && !text.contains("987654321"),
            "{text}"
        );
        files += 1;
    }
    assert_eq!(files, answers.len());
}

#[tokio::test]
async fn a_text_that_is_json_is_told_only_while_every_answer_is_one() {
    let types = Types::open(None);
    let text = |text: &str| CallToolResult::success(vec![ContentBlock::text(text)]);
    learn(&types, &tool("a"), &text(r#"[{"id":1}]"#)).await;
    let note = types.of("s", &tool("a")).unwrap().note;
    assert_eq!(
        note,
        "seen in 1 call, not declared: the text is JSON, Array<{id: number}>"
    );
    learn(&types, &tool("a"), &text("none found")).await;
    let observed = types.of("s", &tool("a")).unwrap();
    assert_eq!(observed.note, "seen in 2 calls, not declared");
    assert_eq!(observed.schema, json!({"type": "string"}));
}

#[test]
fn a_file_that_another_program_wrote_is_as_none() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("learned");
    let types = Types::open(Some(&at));
    let write = types.0.add("s", &tool("a"), Seen::text(), None).unwrap();
    write.run();
    let file = std::fs::read_dir(&at)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for text in [
        "",
        "{}",
        r#"{"mcp-host-learned":9,"calls":1,"value":{}}"#,
        r#"{"mcp-host-learned":1,"calls":1,"value":{"object":{"times":1,"of":[{"name":"a b","times":1,"shape":{}}]}}}"#,
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(
            Types::open(Some(&at)).of("s", &tool("a")).is_none(),
            "{text}"
        );
    }
}
