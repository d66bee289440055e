//! Servers that write more than MCP messages, or messages that are not quite right, and work all the same.

use super::*;

/// Calls the tool that writes `before` on stdout, with the id of the call for `ID`.
async fn said(server: &Server, before: &str, answers: bool) -> Result<CallToolResult, CallError> {
    let given = json!({"before": before, "answers": answers});
    server.call("says-before", arguments(&given)).await
}

#[tokio::test]
async fn line_of_a_log_costs_neither_the_start_nor_a_call() {
    for mode in ["logs", "twice", "marked", "modern-marked"] {
        let begun = Instant::now();
        let server = connect(mode, json!({})).await.unwrap();
        let answer = said(&server, "{\"level\":50,\"id\":\"r\",\"error\":{}}\n", true).await;
        assert_eq!(text(&answer.unwrap()), "done", "{mode}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{mode}");
    }
}

#[tokio::test]
async fn call_that_times_out_shows_what_came_instead() {
    let server = connect(
        "ok",
        json!({"tool_timeout_sec": 0.5, "env": {"KEY": "canary-canary-1"}}),
    )
    .await
    .unwrap();
    let before = "before\n".repeat(50);
    assert!(said(&server, &before, true).await.is_ok());
    let noise = "{\"level\":30,\"msg\":\"canary-canary-1\"}\nwaiting for the\u{1b}[31m disk\n";
    let error = said(&server, noise, false).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no answer after 0.5 s: raise `tool_timeout_sec` if the tool needs longer\n\
         on stdout, where only MCP messages belong:\n  \
         {\"level\":30,\"msg\":\"${KEY}\"}\n  waiting for the [31m disk"
    );
    let error = said(&server, "", false).await.unwrap_err();
    assert_eq!(
        error,
        CallError::TimedOut(Duration::from_millis(500).into())
    );
}

#[tokio::test]
async fn flood_of_noise_leaves_the_call_alone_and_is_kept_in_part() {
    let server = connect("ok", json!({"tool_timeout_sec": 20}))
        .await
        .unwrap();
    let noise = "{\"level\":30,\"msg\":\"again\"}\n".repeat(20_000);
    assert_eq!(text(&said(&server, &noise, true).await.unwrap()), "done");
}

#[tokio::test]
async fn odd_answer_to_initialize_is_an_answer() {
    for opening in [
        json!({"protocolVersion": "2024-10-07", "capabilities": {"tools": {}}}),
        json!({"protocolVersion": "2025-06-18"}),
        json!({"protocolVersion": "2025-06-18", "capabilities": null, "serverInfo": null, "instructions": 7}),
        json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": true, "completions": true},
            "serverInfo": {"name": 7}}),
        json!({"protocolVersion": "2025-06-18", "capabilities": [], "serverInfo": "me"}),
    ] {
        let args = json!(["opens-oddly", opening.to_string()]);
        let server = connect("opens-oddly", json!({ "args": args })).await;
        let server = server.unwrap_or_else(|error| panic!("{opening}: {error}"));
        assert_eq!(server.protocol(), opening["protocolVersion"]);
        server.call("echo", JsonObject::new()).await.unwrap();
    }
}

#[tokio::test]
async fn answer_to_initialize_that_cannot_be_used_says_why() {
    for (opening, problem) in [
        (
            json!({}),
            "its answer to `initialize` has no `protocolVersion`",
        ),
        (
            json!({"protocolVersion": 20250618}),
            "its answer to `initialize` has a number as its `protocolVersion`, which must be text",
        ),
        (
            json!("2025-06-18"),
            "its answer to `initialize` is text, and must be an object",
        ),
        (
            json!({"protocolVersion": ""}),
            "its answer to `initialize` has an empty `protocolVersion`",
        ),
        (
            json!({"protocolVersion": "2099-01-01"}),
            "it speaks revision `2099-01-01` of MCP, which this client does not know: it knows 2024-10-07, 2024-11-05, ",
        ),
    ] {
        let args = json!(["opens-oddly", opening.to_string()]);
        let Err(error) = connect("opens-oddly", json!({ "args": args })).await else {
            panic!("connected")
        };
        let expected = format!("server `scripted` does not speak MCP as expected: {problem}");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
