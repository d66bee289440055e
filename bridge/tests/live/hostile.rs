//! What a hostile or broken server does over stdio, and the typed error of the call that it did it to.

use super::*;

/// Some servers answer once the deadline is over. Nothing here may wait for it.
async fn quick(server: &Server, tool: &str) -> Result<CallToolResult, CallError> {
    let begun = Instant::now();
    let outcome = server.call(tool, JsonObject::new()).await;
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{tool}: {:?}",
        begun.elapsed()
    );
    outcome
}

fn protocol(outcome: Result<CallToolResult, CallError>) -> String {
    match outcome {
        Err(CallError::Protocol(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn answer_that_cannot_be_read_is_an_error_now() {
    let server = ok().await;
    let message = protocol(quick(&server, "malformed").await);
    assert!(
        message.starts_with("server `scripted`: the answer is not an MCP message"),
        "{message}"
    );
    // A byte that is not UTF-8 costs itself alone.
    let answer = quick(&server, "not-utf8").await.unwrap();
    assert_eq!(text(&answer), "\u{fffd}\u{fffd}");
    server.call("echo", JsonObject::new()).await.unwrap();
}

/// How the error of an answer under a wrong id begins.
const WRONG: &str = "server `scripted`: it answered under the id `";

#[tokio::test]
async fn answer_under_a_wrong_id_is_an_error_long_before_the_deadline() {
    let server = ok().await;
    for (tool, id) in [("wrong-id", "123456"), ("text-id", "\"no number\"")] {
        let message = protocol(quick(&server, tool).await);
        let begins =
            format!("{WRONG}{id}`, which belongs to no request, where the request has the id `");
        assert!(message.starts_with(&begins), "{tool}: {message}");
    }
    let message = protocol(quick(&server, "number-as-text").await);
    assert!(
        message.starts_with(WRONG) && message.contains("`, as text and not as a number, where"),
        "{message}"
    );
    let message = protocol(quick(&server, "no-id").await);
    assert!(
        message.starts_with("what? (JSON-RPC error -32700)"),
        "{message}"
    );
    server.call("echo", JsonObject::new()).await.unwrap();
}

#[tokio::test]
async fn answer_to_an_earlier_call_is_no_answer_to_this_one() {
    let server = connect("ok", json!({"tool_timeout_sec": 0.5}))
        .await
        .unwrap();
    server.call("echo", JsonObject::new()).await.unwrap();
    let error = server
        .call("duplicate-id", JsonObject::new())
        .await
        .unwrap_err();
    let CallError::TimedOut(silence) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(silence.waited, Duration::from_millis(500));
    assert_eq!(silence.stray.count, 1);
    assert!(
        error.to_string().contains(
            "raise `tool_timeout_sec` if the tool needs longer\non stdout, where only MCP messages belong:\n  {"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn answer_under_a_wrong_id_leaves_other_calls_alone() {
    let server = Arc::new(ok().await);
    let others: Vec<_> = (0..8)
        .map(|number| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let arguments = arguments(&json!({"ms": 300, "number": number}));
                server.call("sleep", arguments).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    protocol(quick(&server, "wrong-id").await);
    for other in others {
        assert_eq!(text(&other.await.unwrap().unwrap()), "slept");
    }
}

#[tokio::test]
async fn number_that_comes_back_as_text_is_no_answer_and_fails_its_own_call_only() {
    let server = Arc::new(ok().await);
    let others: Vec<_> = (0..8)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.call("sleep", arguments(&json!({"ms": 300}))).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(protocol(quick(&server, "number-as-text").await).starts_with(WRONG));
    assert!(
        others.iter().all(|other| !other.is_finished()),
        "the error came after the other calls had ended"
    );
    for other in others {
        assert_eq!(text(&other.await.unwrap().unwrap()), "slept");
    }
}

#[tokio::test]
async fn one_byte_a_second_ends_with_the_deadline_and_the_child_is_reaped() {
    let server = connect("ok", json!({"tool_timeout_sec": 0.3}))
        .await
        .unwrap();
    let pid = text(&server.call("pid", JsonObject::new()).await.unwrap())
        .parse()
        .unwrap();
    let begun = Instant::now();
    let outcome = quick(&server, "drip").await;
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    let Err(CallError::TimedOut(silence)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(silence.waited, Duration::from_millis(300));
    // What came so far shows that the answer had begun.
    assert_eq!(
        silence.stray.shown,
        ["{ (this line has no end: a message ends with a newline)"]
    );
    server.close().await;
    assert_gone(&[pid]);
}

#[tokio::test]
async fn answer_after_the_deadline_reaches_no_caller() {
    let server = connect("ok", json!({"tool_timeout_sec": 1})).await.unwrap();
    let late = arguments(&json!({"ms": 1200}));
    server.call("sleep", late).await.unwrap_err();
    // The late answer comes while this one waits.
    let outcome = server.call("sleep", arguments(&json!({"ms": 500}))).await;
    assert_eq!(text(&outcome.unwrap()), "slept");
    let given = json!({"mine": true});
    let outcome = server.call("echo", arguments(&given)).await.unwrap();
    assert_eq!(text(&outcome), given.to_string());
}

#[tokio::test]
async fn flood_of_notifications_and_of_stderr_leaves_the_call_alone() {
    let server = ok().await;
    for tool in ["flood", "flood-stderr"] {
        assert_eq!(text(&quick(&server, tool).await.unwrap()), "done");
    }
    server.call("echo", JsonObject::new()).await.unwrap();
}

#[tokio::test]
async fn million_tools_are_too_many() {
    for (mode, problem) in [
        (
            "heavy-pages",
            "all pages of its list of tools take more than 32 MiB of memory together: raise \
             `max_message_bytes` in its `limits` if it needs more",
        ),
        (
            "million",
            "its answer to `tools/list` is too large: raise `max_message_bytes` in its `limits` if it needs more",
        ),
        (
            "million-pages",
            "it lists more than 10000 tools: raise `max_tools` in its `limits` if it needs more",
        ),
    ] {
        let Err(error) = connect(mode, json!({})).await else {
            panic!("connected")
        };
        assert_eq!(
            error.to_string(),
            format!("server `scripted` does not speak MCP as expected: {problem}")
        );
    }
}

#[tokio::test]
async fn limits_of_the_entry_are_kept() {
    let limits = |limits: Value| json!({ "limits": limits });
    let Err(error) = connect("pages", limits(json!({"max_tools": 2}))).await else {
        panic!("connected")
    };
    assert!(
        error.to_string().contains("it lists more than 2 tools"),
        "{error}"
    );
    connect("pages", limits(json!({"max_tools": 3})))
        .await
        .unwrap();

    let server = connect("ok", limits(json!({"max_message_bytes": 10_000})))
        .await
        .unwrap();
    let echoed = async |length: usize| {
        let given = json!({"text": "x".repeat(length)});
        server.call("echo", arguments(&given)).await
    };
    echoed(9_000).await.unwrap();
    let error = echoed(10_000).await.unwrap_err();
    assert_eq!(error, CallError::TooLarge(10_000));
    assert_eq!(
        error.to_string(),
        "the answer is larger than 10000 bytes: ask for less, or raise `max_message_bytes` in \
         `limits` of the server"
    );
    let server = connect("ok", limits(json!({"max_message_bytes": 40 << 20})))
        .await
        .unwrap();
    server.call("large", JsonObject::new()).await.unwrap();
    let many = json!({"unit": "0,", "count": 15_000_000});
    server.call("repeat", arguments(&many)).await.unwrap();
    // Content is no text for the host to pass on: each value of it is read.
    let error = server.call("flat", JsonObject::new()).await.unwrap_err();
    assert_eq!(error, CallError::TooMuchMemory(80 << 20));
}

#[tokio::test]
async fn call_that_may_have_had_an_effect_is_not_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let (log, broken) = (directory.path().join("log"), directory.path().join("b"));
    let env = json!({"SCRIPTED_LOG": log, "SCRIPTED_BROKEN": broken});
    let server = connect("ok", json!({ "env": env })).await.unwrap();
    let outcome = server.call("die-again", JsonObject::new()).await;
    assert!(
        matches!(outcome, Err(CallError::Unavailable(_))),
        "{outcome:?}"
    );
    fs::remove_file(&broken).unwrap();
    let answer = server
        .call("read-die-once", JsonObject::new())
        .await
        .unwrap();
    assert_eq!(text(&answer), "done");
    let calls = |tool: &str| {
        let log = fs::read_to_string(&log).unwrap();
        log.lines()
            .filter(|line| line.contains("tools/call") && line.contains(tool))
            .count()
    };
    assert_eq!(calls("die-again"), 1);
    assert_eq!(
        calls("read-die-once"),
        2,
        "a call that only reads is made once more"
    );
}
