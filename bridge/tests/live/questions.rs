//! Servers that ask back, work in the background, or change while they are used.

use super::*;

async fn said(server: &Server, tool: &str) -> String {
    text(&server.call(tool, JsonObject::new()).await.unwrap()).to_owned()
}

#[tokio::test]
async fn questions_of_an_older_server_are_answered_at_once() {
    let server = ok().await;
    assert_eq!(said(&server, "ask-roots").await, r#"{"roots":[]}"#);
    assert_eq!(said(&server, "ask-user").await, r#"{"action":"decline"}"#);
    assert_eq!(
        said(&server, "ask-model").await,
        r#"{"code":-32601,"message":"this client has no language model to sample from"}"#
    );
}

#[tokio::test]
async fn questions_in_a_result_are_answered_and_the_state_goes_back_as_it_came() {
    let server = connect("modern", json!({})).await.unwrap();
    assert_eq!(
        said(&server, "asks").await,
        r#"{"roots":{"roots":[]},"user":{"action":"decline"}} "secret of the server""#
    );
}

#[tokio::test]
async fn request_that_cannot_be_answered_fails_the_call() {
    let server = connect("modern", json!({})).await.unwrap();
    let call = async |tool| server.call(tool, JsonObject::new()).await.unwrap_err();
    assert_eq!(
        call("asks-model").await,
        CallError::Protocol(
            "tool `asks-model` asks for a language model, which this client does not have"
                .to_owned()
        )
    );
    assert_eq!(
        call("asks-forever").await,
        CallError::Protocol("tool `asks-forever` asked for input more than 10 times".to_owned())
    );
}

#[tokio::test]
async fn task_is_followed_to_its_end() {
    let server = connect("modern", json!({})).await.unwrap();
    assert_eq!(said(&server, "task").await, "at last");
    let failed = server
        .call("task-fails", JsonObject::new())
        .await
        .unwrap_err();
    assert_eq!(
        failed,
        CallError::Protocol("the task of `task-fails` failed: out of paper".to_owned())
    );
}

#[tokio::test]
async fn task_that_does_not_end_is_cancelled_at_the_deadline() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let more = json!({"tool_timeout_sec": 0.3, "env": {"SCRIPTED_LOG": log}});
    let server = connect("modern", more).await.unwrap();
    let outcome = server.call("task-endless", JsonObject::new()).await;
    assert_eq!(
        outcome,
        Err(CallError::TimedOut(Duration::from_millis(300).into()))
    );
    assert!(logged(&server, &log, "tasks/cancel").await);
}

#[tokio::test]
async fn tool_that_changes_is_refused_until_the_client_reconnects() {
    let directory = tempfile::tempdir().unwrap();
    let more = json!({"env": {"SCRIPTED_BROKEN": directory.path().join("broken")}});
    let refused = CallError::Protocol(
        "tool `echo` of server `scripted` changed since the client connected: connect again to \
         use it as it is now"
            .to_owned(),
    );

    let server = connect("changes", more.clone()).await.unwrap();
    server.call("echo", JsonObject::new()).await.unwrap();
    server
        .call("die-again", JsonObject::new())
        .await
        .unwrap_err();
    let after_restart = server.call("echo", JsonObject::new()).await;
    assert_eq!(after_restart, Err(refused.clone()));
    server.call("pid", JsonObject::new()).await.unwrap();

    fs::remove_file(directory.path().join("broken")).unwrap();
    let server = connect("changes", more).await.unwrap();
    fs::write(directory.path().join("broken"), "").unwrap();
    // It says so, a hundred thousand times.
    server.call("flood", JsonObject::new()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let after_notice = server.call("echo", JsonObject::new()).await;
    assert_eq!(after_notice, Err(refused));
}

#[tokio::test]
async fn stateless_server_gets_a_subscription_to_changes() {
    let directory = tempfile::tempdir().unwrap();
    let more = json!({"env": {"SCRIPTED_BROKEN": directory.path().join("broken")}});
    let server = connect("changes-modern", more).await.unwrap();
    let begun = Instant::now();
    loop {
        match server.call("echo", JsonObject::new()).await {
            Ok(_) => assert!(begun.elapsed() < Duration::from_secs(20), "nothing heard"),
            Err(CallError::Protocol(message)) => {
                assert!(
                    message.contains("changed since the client connected"),
                    "{message}"
                );
                return;
            }
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn slow_tool_does_not_make_its_server_dead() {
    let server = Arc::new(
        connect("ok", json!({"tool_timeout_sec": 0.3}))
            .await
            .unwrap(),
    );
    let slow: Vec<_> = (0..4)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                server
                    .call("sleep", arguments(&json!({"ms": 60_000})))
                    .await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.call("echo", JsonObject::new()).await.unwrap();
    for call in slow {
        let outcome = call.await.unwrap();
        assert!(
            matches!(outcome, Err(CallError::TimedOut(_))),
            "{outcome:?}"
        );
    }
    server.call("echo", JsonObject::new()).await.unwrap();
}

#[tokio::test]
async fn server_that_stays_dead_fails_fast_and_is_tried_again_after_a_pause() {
    let directory = tempfile::tempdir().unwrap();
    let broken = directory.path().join("broken");
    let script = format!(
        "test ! -e $SCRIPTED_BROKEN || exit 3; exec {}",
        scripted().display()
    );
    let more = json!({"command": "sh", "args": ["-c", script], "env": {"SCRIPTED_BROKEN": broken}});
    let server = connect("", more).await.unwrap();
    let call = async |tool| server.call(tool, JsonObject::new()).await;
    call("die-again").await.unwrap_err();
    for _ in 0..2 {
        let error = call("echo").await.unwrap_err().to_string();
        assert!(
            error.contains("exited at start with exit status: 3"),
            "{error}"
        );
    }
    let begun = Instant::now();
    let error = call("echo").await.unwrap_err().to_string();
    assert!(
        error.starts_with(
            "server `scripted` has failed several times in a row and is not tried again for "
        ),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_millis(300));

    fs::remove_file(&broken).unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    call("echo").await.unwrap();
    call("echo").await.unwrap();
}
