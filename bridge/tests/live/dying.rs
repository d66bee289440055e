//! Servers that die, and servers that have to be ended: no process is left either way.

use std::time::{SystemTime, UNIX_EPOCH};

use super::*;

async fn pid(server: &Server) -> u32 {
    text(&server.call("pid", JsonObject::new()).await.unwrap())
        .parse()
        .unwrap()
}

/// Starts the server in a mode that writes down the processes it has started, itself last.
async fn with_pids(mode: &str) -> (Server, Vec<u32>) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pids");
    // A signal that is ignored stays so in what is executed.
    let ignore = if mode == "stubborn" {
        "trap '' TERM;"
    } else {
        ""
    };
    let script = format!("{ignore} exec {} {mode}", scripted().display());
    let server = shell(&script, json!({"SCRIPTED_PIDS": file}))
        .await
        .unwrap();
    let pids: Vec<u32> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(
        pids.len() == 2 && pids.iter().all(|pid| exists(*pid)),
        "{pids:?}"
    );
    (server, pids)
}

async fn shell(script: &str, env: Value) -> Result<Server, ConnectError> {
    connect(
        "",
        json!({"command": "sh", "args": ["-c", script], "env": env}),
    )
    .await
}

#[tokio::test]
async fn server_that_dies_in_a_call_is_unavailable_at_once() {
    let server = ok().await;
    let pid = pid(&server).await;
    let begun = Instant::now();
    let error = server.call("die", JsonObject::new()).await.unwrap_err();
    assert_eq!(
        error,
        CallError::Unavailable(
            "server `scripted` ended with exit status: 7\n\
             last lines on stderr:\n  out of luck"
                .to_owned()
        )
    );
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
    assert_gone(&[pid]);

    server.call("echo", JsonObject::new()).await.unwrap();
    let again = self::pid(&server).await;
    assert_ne!(again, pid, "it was started again");
    server.close().await;
    assert_gone(&[again]);
}

/// The error of a call that kills the server, and how long after the death it came.
async fn death(mode: &str, tool: &str) -> (CallError, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("died");
    let server = connect(mode, json!({"env": {"SCRIPTED_DIED": file}}))
        .await
        .unwrap();
    let error = server.call(tool, JsonObject::new()).await.unwrap_err();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let died = fs::read_to_string(file).unwrap().parse().unwrap();
    (error, now - Duration::from_micros(died))
}

#[tokio::test]
async fn crash_in_a_call_is_reported_within_100_ms_with_or_without_orphans() {
    // Either no process is left behind, or one that holds the output open for seconds.
    for mode in ["ok", "escapee"] {
        let mut fastest = Duration::MAX;
        for _ in 0..5 {
            let (error, after) = death(mode, "die").await;
            assert!(matches!(error, CallError::Unavailable(_)), "{error}");
            assert!(after < Duration::from_secs(2), "{mode}: {after:?}");
            fastest = fastest.min(after);
        }
        // A busy machine delays one of them, and a wait of ours each.
        assert!(fastest < Duration::from_millis(100), "{mode}: {fastest:?}");
    }
}

#[tokio::test]
async fn crash_is_reported_while_an_orphan_keeps_stdout_open() {
    let (error, after) = death("ok", "die-and-leave").await;
    assert!(matches!(error, CallError::Unavailable(_)), "{error}");
    assert!(after < Duration::from_secs(5), "{after:?}");
}

#[tokio::test]
async fn answer_that_was_written_before_the_death_is_read() {
    let server = ok().await;
    let answer = server
        .call("large-then-die", JsonObject::new())
        .await
        .unwrap();
    assert_eq!(text(&answer).len(), 1 << 20);
}

#[tokio::test]
async fn crash_is_reported_while_the_output_stays_open() {
    let server = connect("escapee", json!({})).await.unwrap();
    let begun = Instant::now();
    let error = server.call("die", JsonObject::new()).await.unwrap_err();
    assert!(matches!(error, CallError::Unavailable(_)), "{error}");
    assert!(
        begun.elapsed() < Duration::from_millis(1500),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn all_calls_in_flight_hear_of_the_death() {
    let server = Arc::new(ok().await);
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                server
                    .call("sleep", arguments(&json!({"ms": 60_000})))
                    .await
                    .unwrap_err()
            })
        })
        .collect();
    // The scripted server handles messages in order, so these are all in flight at its death.
    server.call("echo", JsonObject::new()).await.unwrap();
    server
        .call("quit-output", JsonObject::new())
        .await
        .unwrap_err();
    for call in waiting {
        let CallError::Unavailable(why) = call.await.unwrap() else {
            panic!("wrong kind")
        };
        assert_eq!(why, "server `scripted` ended with signal: 9 (SIGKILL)");
    }
}

#[tokio::test]
async fn close_reaps_the_server() {
    let server = ok().await;
    let pid = pid(&server).await;
    assert!(exists(pid));
    let begun = Instant::now();
    server.close().await;
    assert!(!exists(pid));
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn close_ends_grandchildren_too() {
    let (server, pids) = with_pids("grandchild").await;
    server.close().await;
    assert_gone(&pids);
}

#[tokio::test]
async fn close_asks_a_server_to_end_before_it_kills() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("asked");
    let script = format!(
        "trap 'echo > {}; exit' TERM; {} ok; while :; do sleep 0.01; done",
        file.display(),
        scripted().display()
    );
    shell(&script, json!({})).await.unwrap().close().await;
    assert!(file.exists(), "no SIGTERM came");
}

#[tokio::test]
async fn close_kills_a_server_that_ignores_sigterm() {
    let (server, pids) = with_pids("stubborn").await;
    tokio::time::timeout(Duration::from_secs(3), server.close())
        .await
        .unwrap();
    assert_gone(&pids);
}

#[tokio::test]
async fn drop_kills_the_group_at_once() {
    let (server, pids) = with_pids("stubborn").await;
    drop(server);
    assert_gone(&pids);
}

#[test]
fn drop_outside_of_a_runtime_kills_the_group() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (server, pids) = runtime.block_on(with_pids("grandchild"));
    drop(server);
    assert_gone(&pids[1..]);
    drop(runtime);
    assert_gone(&pids);
}

#[test]
fn drop_after_the_runtime_kills_the_group() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, pids) = runtime.block_on(with_pids("grandchild"));
    drop(runtime);
    drop(server);
    assert_gone(&pids);
}

#[tokio::test]
async fn abandoned_connect_leaves_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pids");
    let script = "echo [$$] > $SCRIPTED_PIDS; exec sleep 3600";
    let connecting = shell(script, json!({"SCRIPTED_PIDS": file}));
    tokio::time::timeout(Duration::from_millis(300), connecting)
        .await
        .map(|_| ())
        .unwrap_err();
    let pids: Vec<u32> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_gone(&pids);
}
