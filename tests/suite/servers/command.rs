//! The same through the binary: stdout has only the result, and no server outlives the run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::pinned::{self, Pinned};
use super::{node, python, skills};
use crate::cli::Host;

#[test]
fn a_node_server_is_used_and_ended() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().canonicalize().unwrap();
    let Some(server) = pinned::filesystem("a_node_server_is_used_and_ended", &dir) else {
        return;
    };
    node::add_media(&dir);
    let input = json!({ "dir": dir, "forbidden": "/etc/hosts" });
    assert_eq!(run("filesystem", server, &input), node::planned(&dir));
}

#[test]
fn a_python_server_is_used_and_ended() {
    let temp = tempfile::tempdir().unwrap();
    let repository = temp.path().canonicalize().unwrap();
    let Some(server) = pinned::git("a_python_server_is_used_and_ended", &repository) else {
        return;
    };
    python::changed_repository(&repository);
    let input = json!({ "repository": repository, "files": ["README.md"] });
    assert_eq!(run("git", server, &input), python::committed());
}

/// Runs `mcp-host run`, checks everything about the process, and gives what it printed.
fn run(skill: &str, mut server: Pinned, input: &Value) -> Value {
    let host = Host::new();
    let component = skills::component(skill, &server);
    // The server replaces the shell that writes its process id.
    let pid = host.dir.path().join("pid");
    let script = format!("echo $$ > '{}'; exec \"$0\" \"$@\"", pid.display());
    let command = server.command.display().to_string();
    let args = ["-c".to_owned(), script, command];
    server.args.splice(0..0, args);
    server.command = "sh".into();
    let config = host.file("servers.json", server.config().to_string());

    let ran = host.run(&[
        "run",
        component.to_str().unwrap(),
        "--config",
        config.to_str().unwrap(),
        "--input",
        &input.to_string(),
    ]);

    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // A step that takes a second has a line.
    let is_step = |line: &&str| line.starts_with("starting ") || line.starts_with("compiling ");
    let lines: Vec<_> = ran.stderr.lines().filter(|line| !is_step(line)).collect();
    assert_eq!(lines.len(), 1, "{}", ran.stderr);
    assert!(lines[0].starts_with("finished in "), "{}", ran.stderr);
    ends(std::fs::read_to_string(pid).unwrap().trim());
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Waits for the end of a killed process: it may be a zombie until its new parent reaps it.
fn ends(pid: &str) {
    let stat = format!("/proc/{pid}/stat");
    let runs = || {
        std::fs::read_to_string(&stat)
            .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().starts_with(" Z"))
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while runs() {
        assert!(Instant::now() < deadline, "process {pid} outlives the run");
        std::thread::sleep(Duration::from_millis(10));
    }
}
