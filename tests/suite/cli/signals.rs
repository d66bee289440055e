//! Ctrl-C stops the run and leaves no child process.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Host, guest};

fn started(host: &Host, args: &[&str]) -> Child {
    host.command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// Waits for an effect of another process, up to a generous bound, so that the test fails instead of hanging.
fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not seen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn alive(pid: u64) -> bool {
    // A zombie has ended; its parent has just not reaped it yet.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap()
            .trim_start()
            .starts_with('Z')
    })
}

fn pids(path: &Path) -> Vec<u64> {
    eventually("the server's pids", || {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    })
}

/// The input of `one-call`: without it, no server starts.
const CALL: &str = r#"{"server":"scripted","tool":"echo"}"#;

#[test]
fn ctrl_c_in_a_tool_call_ends_the_server_and_its_children() {
    for name in ["INT", "TERM"] {
        let host = Host::new();
        host.scripted("grandchild");
        let input = json!({
            "server": "scripted", "tool": "sleep", "arguments": { "ms": 600_000 }
        })
        .to_string();
        let skill = guest("one-call");
        let mut child = started(
            &host,
            &[
                "run",
                &skill,
                "--input",
                &input,
                "--allow",
                "scripted/*",
                "-vv",
            ],
        );
        let pids = pids(&host.dir.path().join("pids"));
        assert_eq!(pids.len(), 2);
        assert!(pids.iter().all(|pid| alive(*pid)));
        // The call is in flight once the server has received it.
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, name);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130));
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert!(
            stderr.contains(&format!("error: stopped by SIG{name}")),
            "{stderr}"
        );
        for pid in pids {
            eventually("the end of the server's processes", || {
                (!alive(pid)).then_some(())
            });
        }
    }
}

#[test]
fn ctrl_c_while_a_server_starts_ends_it() {
    let host = Host::new();
    let marker = host.dir.path().join("pids");
    let script = format!("echo \"[$$]\" > {}; exec sleep 3600", marker.display());
    host.config(&json!({ "command": "sh", "args": ["-c", script] }));
    let skill = guest("one-call");
    let mut child = started(
        &host,
        &["run", &skill, "--input", CALL, "--allow", "scripted/*"],
    );
    let pids = pids(&marker);
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    eventually("the end of the server", || (!alive(pids[0])).then_some(()));
}

#[test]
fn ctrl_c_as_soon_as_a_server_is_there_ends_it() {
    let host = Host::new();
    let marker = host.dir.path().join("pids");
    // The host still loads the skill at that time.
    let script = format!(
        "echo \"[$$]\" > {}; kill -INT $PPID; exec sleep 3600",
        marker.display()
    );
    host.config(&json!({ "command": "sh", "args": ["-c", script] }));
    let skill = guest("one-call");
    for _ in 0..8 {
        let mut child = started(
            &host,
            &["run", &skill, "--input", CALL, "--allow", "scripted/*"],
        );
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let pids = pids(&marker);
        eventually("the end of the server", || (!alive(pids[0])).then_some(()));
    }
}

#[test]
fn ctrl_c_stops_a_guest_that_only_computes() {
    let host = Host::new();
    let mut child = started(
        &host,
        &[
            "run",
            &guest("spin"),
            "--fuel",
            "99999999999999",
            "--timeout",
            "10m",
            "--format",
            "json",
        ],
    );
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "INT");
    let sent = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let report: serde_json::Value = serde_json::from_reader(child.stdout.take().unwrap()).unwrap();
    assert_eq!(report["outcome"], "cancelled");
    assert_eq!(report["message"], "stopped by SIGINT");
    assert!(report["fuel"].as_u64().unwrap() > 0, "{report}");
    assert!(
        sent.elapsed() < Duration::from_secs(5),
        "{:?}",
        sent.elapsed()
    );
}

/// A component that holds one core module of many long functions, and takes long to compile.
fn large_component() -> Vec<u8> {
    fn leb(mut n: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let low = u8::try_from(n & 0x7f).unwrap();
            n >>= 7;
            if n == 0 {
                bytes.push(low);
                return bytes;
            }
            bytes.push(low | 0x80);
        }
    }
    fn section(id: u8, contents: Vec<u8>) -> Vec<u8> {
        [vec![id], leb(contents.len()), contents].concat()
    }
    const FUNCTIONS: usize = 10_000;
    // No locals; then a sum of 500 constants, and its end.
    let mut body = vec![0, 0x41, 1];
    body.extend([0x41, 1, 0x6a].repeat(500));
    body.push(0x0b);
    let function = [leb(body.len()), body].concat();
    let module = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, vec![1, 0x60, 0, 1, 0x7f]),
        section(3, [leb(FUNCTIONS), vec![0; FUNCTIONS]].concat()),
        section(10, [leb(FUNCTIONS), function.repeat(FUNCTIONS)].concat()),
    ]
    .concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(1, module)].concat()
}

#[test]
fn ctrl_c_is_heard_while_a_large_component_compiles() {
    let host = Host::new();
    host.file("large.wasm", large_component());
    // It would end with 5, because it exports no skill.
    let mut child = started(&host, &["run", "large.wasm"]);
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn no_server_outlives_an_ordinary_run() {
    let host = Host::new();
    host.scripted("grandchild");
    let input = json!({ "server": "scripted", "tool": "echo" }).to_string();
    let ran = host.run(&[
        "run",
        &guest("one-call"),
        "--input",
        &input,
        "--allow",
        "scripted/*",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for pid in pids(&host.dir.path().join("pids")) {
        eventually("the end of the server's processes", || {
            (!alive(pid)).then_some(())
        });
    }
}
