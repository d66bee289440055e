//! How a connection begins, or why it does not.

use super::*;

async fn failure(mode: &str, more: Value) -> (ConnectError, Duration) {
    let begun = Instant::now();
    let Err(error) = connect(mode, more).await else {
        panic!("connected")
    };
    (error, begun.elapsed())
}

fn names(server: &Server) -> Vec<&str> {
    server
        .tools()
        .iter()
        .map(|tool| tool.name.as_ref())
        .collect()
}

#[tokio::test]
async fn pages_are_joined_and_a_name_that_comes_twice_is_taken_once() {
    assert_eq!(
        names(&connect("pages", json!({})).await.unwrap()),
        ["one", "two", "three"]
    );
}

#[tokio::test]
async fn tool_that_cannot_be_read_leaves_the_others() {
    assert_eq!(
        names(&connect("bad-tool", json!({})).await.unwrap()),
        ["good", "odd"]
    );
}

#[tokio::test]
async fn server_without_tools_is_a_server() {
    assert!(
        connect("no-tools", json!({}))
            .await
            .unwrap()
            .tools()
            .is_empty()
    );
}

#[tokio::test]
async fn server_of_the_stateless_revision_is_discovered() {
    let server = connect("modern", json!({})).await.unwrap();
    server.call("echo", JsonObject::new()).await.unwrap();
}

#[tokio::test]
async fn server_that_exits_on_discover_is_restarted_with_initialize() {
    let server = connect("strict", json!({})).await.unwrap();
    server.call("echo", JsonObject::new()).await.unwrap();
}

#[tokio::test]
async fn server_that_keeps_silent_on_discover_is_initialized() {
    for mode in ["silent", "modern-late"] {
        let begun = Instant::now();
        let server = connect(mode, json!({})).await.unwrap();
        server.call("echo", JsonObject::new()).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10), "{mode}");
    }
}

#[tokio::test]
async fn server_of_a_later_revision_alone_says_which() {
    let (error, _) = failure("future", json!({})).await;
    assert_eq!(
        error.to_string(),
        "server `scripted` does not speak MCP as expected: it speaks no revision of MCP \
         that this client knows, only: 2030-01-01"
    );
}

#[tokio::test]
async fn noise_before_the_first_message_is_tolerated() {
    connect("noise", json!({})).await.unwrap();
}

#[tokio::test]
async fn child_gets_what_is_named_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let more = json!({"env": {"TOKEN": "${HOME:-x}"}, "cwd": directory.path()});
    let server = connect("ok", more).await.unwrap();
    let answer = server.call("environment", JsonObject::new()).await.unwrap();
    let got: Vec<String> = serde_json::from_str(answer.structured_content.unwrap().get()).unwrap();
    // Cargo sets its own variables for a test, so an inherited environment would show here.
    assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
    let allowed = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TMPDIR", "TOKEN",
    ];
    assert!(
        got.iter().all(|name| allowed.contains(&name.as_str())),
        "{got:?}"
    );
    assert!(
        got.contains(&"TOKEN".to_owned()) && got.contains(&"PATH".to_owned()),
        "{got:?}"
    );
    let answer = server.call("directory", JsonObject::new()).await.unwrap();
    assert_eq!(
        Path::new(text(&answer)),
        directory.path().canonicalize().unwrap()
    );
}

#[tokio::test]
async fn exit_at_start_is_reported_at_once_with_the_last_output() {
    let (error, took) = failure("exit-at-start", json!({})).await;
    let lines: String = (12..=30).map(|line| format!("  line {line}\n")).collect();
    assert_eq!(
        error.to_string(),
        format!(
            "server `scripted` exited at start with exit status: 3\n\
             last lines on stderr:\n{lines}   [31mno API key  given"
        )
    );
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn exit_at_start_is_reported_while_the_output_stays_open() {
    let (error, took) = failure("exits-with-escapee", json!({})).await;
    assert_eq!(
        error.to_string(),
        "server `scripted` exited at start with exit status: 0\nlast lines on stderr:\n  bye"
    );
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn silence_ends_with_the_startup_timeout() {
    let (error, took) = failure("never-answers", json!({"startup_timeout_sec": 0.3})).await;
    assert_eq!(
        error.to_string(),
        "server `scripted` was not ready after 0.3 s: raise `startup_timeout_sec` of `scripted` \
         if it needs longer\nlast lines on stderr:\n  thinking"
    );
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn time_out_names_the_key_that_the_configuration_has() {
    let (error, _) = failure("never-answers", json!({"startup_timeout_ms": 300})).await;
    assert!(
        error
            .to_string()
            .contains("not ready after 0.3 s: raise `startup_timeout_ms` of `scripted`"),
        "{error}"
    );
    let server = connect("ok", json!({"timeout": 0.2})).await.unwrap();
    let error = server
        .call("sleep", arguments(&json!({"ms": 60_000})))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no answer after 0.2 s: raise `timeout` if the tool needs longer"
    );
}

#[tokio::test]
async fn program_that_is_not_a_server_is_reported_with_its_output() {
    let more = json!({"command": "sh", "args": ["-c", "echo Usage: foo; sleep 3600"],
        "startup_timeout_sec": 0.3});
    let (error, _) = failure("", more).await;
    assert!(
        error
            .to_string()
            .ends_with("where only MCP messages belong:\n  Usage: foo"),
        "{error}"
    );
}

#[tokio::test]
async fn list_whose_cursor_comes_back_is_complete() {
    let server = connect("cyclic", json!({})).await.unwrap();
    assert_eq!(names(&server), ["one"]);
}

#[tokio::test]
async fn endless_list_of_tools_is_bounded() {
    let (error, _) = failure("endless-pages", json!({})).await;
    assert_eq!(
        error.to_string(),
        "server `scripted` does not speak MCP as expected: \
         it lists its tools on more than 100 pages"
    );
}

#[tokio::test]
async fn server_that_refuses_both_handshakes_says_why() {
    let (error, _) = failure("refuses", json!({})).await;
    assert_eq!(
        error.to_string(),
        "server `scripted` does not speak MCP as expected: \
         it refused `initialize`: no such method: initialize (JSON-RPC error -32601)"
    );
}

#[tokio::test]
async fn what_cannot_be_started_says_what_to_do() {
    let message = async |more: Value| failure("", more).await.0.to_string();
    assert_eq!(
        message(json!({"command": "no-such-program"})).await,
        "server `scripted`: command `no-such-program` was not found on PATH: \
         install it, or write its full path"
    );
    assert_eq!(
        message(json!({"command": "/no/such"})).await,
        "server `scripted`: command `/no/such` does not exist: check the path"
    );
    assert_eq!(
        message(json!({"command": ""})).await,
        "server `scripted`: the command is empty: name the program to start"
    );
    assert_eq!(
        message(json!({"command": "/"})).await,
        "server `scripted`: failed to start `/`: it is a directory: name the program in it"
    );
    assert_eq!(
        message(json!({"cwd": "/no/such"})).await,
        "server `scripted`: its `cwd` `/no/such` is not a directory"
    );
    assert_eq!(
        message(json!({"disabled": true})).await,
        "server `scripted` is disabled: remove `disabled` from its configuration to use it"
    );
    assert_eq!(
        message(json!({"enabled": false})).await,
        "server `scripted` is disabled: remove `enabled` from its configuration to use it"
    );
    assert_eq!(
        message(json!({"isActive": false, "disabled": true})).await,
        "server `scripted` is disabled: remove `disabled` and `isActive` from its configuration to use it"
    );
    assert_eq!(
        message(json!({"env": {"TOKEN": "${NO_SUCH_VARIABLE}"}})).await,
        "server `scripted`, key `env.TOKEN`: environment variable `NO_SUCH_VARIABLE` is not set: \
         set it, or write `${NO_SUCH_VARIABLE:-DEFAULT}`"
    );
}

#[tokio::test]
async fn command_line_is_taken_literally() {
    let argv = vec![
        "sh".to_owned(),
        "-c".to_owned(),
        "echo ${HOME}x$1 >&2".to_owned(),
    ];
    let config = Config::from_command("shell", argv);
    let Err(error) = Server::connect(config.server("shell").unwrap()).await else {
        panic!("connected")
    };
    let home = std::env::var("HOME").unwrap_or_default();
    assert!(
        error
            .to_string()
            .ends_with(&format!("last lines on stderr:\n  {home}x")),
        "{error}"
    );
}
