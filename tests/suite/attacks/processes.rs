//! No process of a server survives, and no other process is killed.
#![cfg(target_os = "linux")]

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mcp_tests::binary;
use serde_json::{Value, json};

use super::attack;
use crate::cli::Host;

const PATIENCE: Duration = Duration::from_secs(60);

/// A number of seconds that no other test sleeps, which identifies a process.
fn marker() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("3600.{}{next:03}", std::process::id())
}

/// The processes that have the marker among their arguments, without those that have ended.
fn marked(marker: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter(|entry| {
        let cmdline = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut arguments = cmdline.split(|byte| *byte == 0);
        arguments.any(|argument| argument == marker.as_bytes())
    })
    .map(|entry| entry.file_name().into_string().unwrap())
    .collect()
}

fn eventually(what: &str, mut found: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !found() {
        assert!(Instant::now() < deadline, "{what}: not seen");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A server that runs this script, with `$server` for the scripted one, and `up` to say that what it started runs.
fn script(script: &str) -> Value {
    let server = binary("examples/scripted-server");
    let wait = "until [ -e up ]; do sleep 0.01; done";
    let script = script.replace("$wait", wait);
    json!({ "command": "sh", "args": ["-c", script], "env": { "server": server } })
}

/// Calls a tool of the server, which ends with the host, and checks that it left no process behind.
#[track_caller]
fn leaves_nothing(host: &Host, server: &Value, marker: &str, tool: &str) {
    host.config(server);
    let ran = attack(host, &["call", "scripted", tool, "{}"], PATIENCE);
    assert!(host.dir.path().join("up").exists(), "it never ran: {ran:?}");
    assert!(!ran.killed, "{ran:?}");
    for _ in 0..5 {
        // A process that forks all the time is not seen each time.
        assert_eq!(marked(marker), [""; 0], "{ran:?}");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(ran.wall < Duration::from_secs(20), "{:?}", ran.wall);
}

#[test]
fn child_in_a_session_of_its_own_that_ignores_signals_is_ended() {
    let marker = marker();
    let server = script(&format!(
        "setsid sh -c 'trap \"\" TERM HUP INT; : > up; exec sleep {marker}' & $wait; exec $server ok"
    ));
    leaves_nothing(&Host::new(), &server, &marker, "echo");
}

#[test]
fn daemon_of_a_double_fork_without_pipes_and_environment_is_ended() {
    let marker = marker();
    let server = script(&format!(
        "(setsid sh -c '(trap \"\" TERM; : > up; exec env -i sleep {marker}) &' \
         < /dev/null > /dev/null 2>&1 &); $wait; exec $server ok"
    ));
    leaves_nothing(&Host::new(), &server, &marker, "echo");
}

#[test]
fn daemon_of_a_server_that_dies_by_itself_is_ended() {
    let marker = marker();
    let daemon =
        format!("(setsid sh -c ': > up; exec sleep {marker}' < /dev/null > /dev/null 2>&1 &)");
    let dies = script(&format!("{daemon}; $wait; exec $server ok"));
    for tool in ["die", "quit-output"] {
        leaves_nothing(&Host::new(), &dies, &marker, tool);
    }
    let fails_at_start = script(&format!("{daemon}; $wait; exit 3"));
    leaves_nothing(&Host::new(), &fails_at_start, &marker, "echo");
}

#[test]
fn server_that_stays_and_its_daemon_are_ended() {
    let marker = marker();
    let server = script(&format!(
        "trap '' TERM; (setsid sleep {marker} < /dev/null > /dev/null 2>&1 &); : > up; exec $server stubborn"
    ));
    let mut server = server;
    server["env"]["SCRIPTED_PIDS"] = json!("pids");
    leaves_nothing(&Host::new(), &server, &marker, "echo");
}

#[test]
fn process_that_forks_and_leaves_its_session_all_the_time_is_ended() {
    let marker = marker();
    let host = Host::new();
    // It ends by itself eventually, so that a bug does not keep the machine busy forever.
    host.file(
        "comet",
        "[ $2 -gt 4000 ] && exit\n: > up\nsetsid sh comet $1 $(($2 + 1)) < /dev/null > /dev/null 2>&1 &\n",
    );
    let server = script(&format!("sh comet {marker} 0; $wait; exec $server ok"));
    leaves_nothing(&host, &server, &marker, "echo");
}

#[test]
fn server_that_ends_leaves_the_daemon_of_another_alone() {
    let (first, second) = (marker(), marker());
    let host = Host::new();
    let daemon = |marker: &str| format!("setsid sleep {marker} < /dev/null > /dev/null 2>&1 &");
    let ends = script(&format!("{} exit 3", daemon(&first)));
    let stays = script(&format!(
        "{} daemon=$!; $server ok; kill -0 $daemon && : > up",
        daemon(&second)
    ));
    let config = json!({ "mcpServers": { "ends": ends, "stays": stays } });
    host.file("mcp.json", config.to_string());
    let ran = attack(&host, &["server", "check"], PATIENCE);
    assert!(
        ran.stdout.contains("exited at start with exit status: 3"),
        "{ran:?}"
    );
    assert!(
        host.dir.path().join("up").exists(),
        "its daemon was gone: {ran:?}"
    );
    assert_eq!((marked(&first), marked(&second)), (vec![], vec![]));
}

/// The host in a call that does not end, of a server with a daemon.
fn in_a_call(host: &Host, marker: &str) -> Child {
    host.config(&script(&format!(
        "trap '' TERM; (setsid sleep {marker} < /dev/null > /dev/null 2>&1 &) ; \
         sleep {marker} & : > up; exec $server ok"
    )));
    let child = host
        .command(&[
            "call",
            "scripted",
            "sleep",
            r#"{"ms": 600000}"#,
            "--unchecked",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the server and its daemon", || marked(marker).len() == 2);
    child
}

#[test]
fn signal_to_the_host_ends_the_daemons_of_its_servers() {
    for (signal, code) in [("INT", Some(130)), ("TERM", Some(130)), ("KILL", None)] {
        let (host, marker) = (Host::new(), marker());
        let mut child = in_a_call(&host, &marker);
        let kill = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), code, "{signal}");
        eventually(signal, || marked(&marker).is_empty());
    }
}

#[test]
fn command_that_cannot_run_is_named_as_ever() {
    let host = Host::new();
    let no_program = host.file("no-program", "\0\0\0\0");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&no_program, mode).unwrap();
    let servers = json!({ "mcpServers": {
        "missing": { "command": "mcp-no-such-command" },
        "text": { "command": host.file("text", "x") },
        "binary": { "command": no_program },
        "killed": { "command": "sh", "args": ["-c", "echo bye >&2; kill -9 $$"] },
        "mute": { "command": "sh", "args": ["-c", "exec >&-; sleep 30"] },
    }});
    host.file("mcp.json", servers.to_string());
    let ran = attack(&host, &["server", "check"], PATIENCE);
    for message in [
        "command `mcp-no-such-command` was not found on PATH",
        "text`: it is not executable: run `chmod +x` on it",
        "no-program`: it is no program for this system",
        "exited at start with signal: 9 (SIGKILL)\n    last lines on stderr:\n      bye\n",
        "it closed its stdin or stdout and goes on running",
    ] {
        assert!(ran.stdout.contains(message), "no `{message}`: {ran:?}");
    }
    assert!(ran.wall < Duration::from_secs(20), "{:?}", ran.wall);
}
