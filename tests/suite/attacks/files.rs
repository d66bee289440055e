//! The host opens every file that a user or a config names without blocking, and reads it up to a bound.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mcp_tests::{Measured, binary, measured};
use serde_json::json;

use super::super::cli::{Host, guest};
use super::{MIB, attack};

/// Far more than a command needs to reject a file; far less than waiting forever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that loads the program, an engine and a small component, all unoptimised, stays below this.
const PEAK: u64 = 192 * MIB;

fn mkfifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

fn sparse(path: &Path) {
    let mut file = File::create(path).unwrap();
    // The beginning of a component, so that nothing but the length is wrong with it as a skill.
    file.write_all(b"\0asm\x0d\0\x01\0").unwrap();
    file.set_len(2 << 30).unwrap();
}

/// The name of something that must not be read, and a word of the error.
fn hostile(host: &Host) -> Vec<(String, &'static str)> {
    let dir = host.dir.path();
    mkfifo(&dir.join("fifo"));
    sparse(&dir.join("sparse"));
    std::os::unix::fs::symlink("/dev/zero", dir.join("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap();
    vec![
        ("fifo".to_owned(), "FIFO"),
        ("sparse".to_owned(), "larger than"),
        ("/dev/zero".to_owned(), "character device"),
        ("link".to_owned(), "character device"),
        ("socket".to_owned(), "socket"),
    ]
}

#[track_caller]
fn refused(run: &Measured, word: &str, what: &str) {
    assert!(
        !run.killed,
        "{what}: killed after {:?}, {} MiB",
        run.wall,
        run.peak / MIB
    );
    assert!(
        matches!(run.code, Some(2 | 5 | 6)),
        "{what}: {:?}: {}",
        run.code,
        run.stderr
    );
    assert!(run.stderr.contains(word), "{what}: {}", run.stderr);
    assert!(run.peak < PEAK, "{what}: {} MiB", run.peak / MIB);
}

/// Every argument that takes the name of a file; `NAME` stands for it.
const PLACES: [&str; 14] = [
    "run NAME",
    "inspect NAME",
    "describe NAME",
    "compile NAME",
    "run ECHO --with NAME",
    "run ECHO --with @NAME",
    "run ECHO --settings NAME",
    "run ECHO --input @NAME",
    "limits --settings NAME",
    "inspect ECHO --policy NAME",
    "replay NAME ECHO",
    "server list --config NAME",
    "server add added --config NAME -- true",
    "call scripted echo @NAME",
];

#[test]
fn a_name_on_the_command_line_is_never_waited_for_nor_read_past_a_bound() {
    let host = Host::new();
    host.scripted("ok");
    let echo = guest("echo");
    for (name, word) in hostile(&host) {
        for place in PLACES {
            let words: Vec<String> = place
                .split(' ')
                .map(|word| word.replace("NAME", &name).replace("ECHO", &echo))
                .collect();
            let args: Vec<&str> = words.iter().map(String::as_str).collect();
            refused(
                &attack(&host, &args, PATIENCE),
                word,
                &format!("{place} with {name}"),
            );
        }
    }
}

#[test]
fn a_recording_or_a_lock_is_written_to_a_regular_file_only() {
    let host = Host::new();
    mkfifo(&host.dir.path().join("fifo"));
    let echo = guest("echo");
    for name in ["fifo", "/dev/zero"] {
        let run = attack(&host, &["run", &echo, "--record", name], PATIENCE);
        refused(&run, "not a regular file", name);
    }
}

#[test]
fn a_file_that_is_found_by_its_place_is_never_waited_for_nor_read_past_a_bound() {
    let echo = guest("echo");
    for (at, args) in [
        ("mcp.json", vec!["server", "list"]),
        (".mcp.json", vec!["server", "list"]),
        ("mcp-host.toml", vec!["run", &echo]),
        ("config/mcp-host/mcp.json", vec!["server", "list"]),
        ("config/mcp-host/mcp-host.toml", vec!["run", &echo]),
    ] {
        let host = Host::new();
        let path = host.dir.path().join(at);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        mkfifo(&path);
        refused(&attack(&host, &args, PATIENCE), "FIFO", at);
        std::fs::remove_file(&path).unwrap();
        sparse(&path);
        refused(&attack(&host, &args, PATIENCE), "larger than", at);
    }
}

#[test]
fn a_lock_beside_the_configuration_is_never_waited_for() {
    let host = Host::new();
    host.scripted("ok");
    let lock = host.dir.path().join("mcp.lock");
    mkfifo(&lock);
    let run = attack(&host, &["call", "scripted", "echo", "{}"], PATIENCE);
    refused(&run, "FIFO", "mcp.lock");
    std::fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &lock).unwrap();
    let run = attack(&host, &["call", "scripted", "echo", "{}"], PATIENCE);
    refused(&run, "character device", "mcp.lock");
}

#[test]
fn a_file_that_the_configuration_names_is_never_waited_for_nor_read_past_a_bound() {
    let host = Host::new();
    let server = binary("examples/scripted-server");
    for (name, word) in hostile(&host) {
        for entry in [
            json!({ "command": server, "args": ["ok"], "env": { "T": format!("${{file:{name}}}") } }),
            json!({ "command": server, "args": ["ok", format!("${{file:{name}:-default}}")] }),
            json!({ "command": server, "args": ["ok"], "envFile": name }),
            json!({ "url": "https://127.0.0.1:9/mcp", "caFile": name }),
        ] {
            host.config(&entry);
            let run = attack(&host, &["call", "scripted", "echo", "{}"], PATIENCE);
            refused(&run, word, &entry.to_string());
        }
    }
}

#[test]
fn codegen_waits_for_no_file_and_reads_none_past_a_bound() {
    let host = Host::new();
    for (name, word) in hostile(&host) {
        for option in ["--from", "--config"] {
            let mut command = Command::new(binary("mcp-codegen"));
            command
                .args(["wit", "x", option, &name])
                .current_dir(host.dir.path())
                .stdin(Stdio::null());
            let run = measured(&mut command, PATIENCE);
            assert!(!run.killed, "{option} {name}: {} MiB", run.peak / MIB);
            assert!(run.stderr.contains(word), "{option} {name}: {}", run.stderr);
            assert!(run.peak < PEAK, "{option} {name}: {} MiB", run.peak / MIB);
        }
    }
}

#[test]
fn standard_input_is_read_to_a_bound() {
    let host = Host::new();
    let echo = guest("echo");
    let mut command = host.command(&["run", &echo, "--input", "-"]);
    command.stdin(File::open("/dev/zero").unwrap());
    refused(
        &measured(&mut command, PATIENCE),
        "larger than",
        "--input -",
    );
}

#[test]
fn a_build_waits_for_no_file_of_its_directory() {
    let host = Host::new();
    let wit = host.dir.path().join("skill/wit");
    std::fs::create_dir_all(&wit).unwrap();
    host.file("skill/compile_flags.txt", "");
    mkfifo(&wit.join("skill.wit"));
    refused(&attack(&host, &["build", "skill"], PATIENCE), "FIFO", "wit");
}

#[test]
fn a_skill_that_writes_a_file_leaves_who_may_read_and_run_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let host = Host::new();
    let granted = host.dir.path().join("granted");
    std::fs::create_dir(&granted).unwrap();
    for (name, mode) in [("private", 0o600), ("script", 0o755)] {
        let path = granted.join(name);
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let input = json!([{ "write": { "path": format!("/g/{name}"), "text": "new" } }]);
        let (skill, input) = (guest("files"), input.to_string());
        let args = ["run", &skill, "--dir", "granted::/g:rw", "--input", &input];
        let run = attack(&host, &args, PATIENCE);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        let after = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(after & 0o7777, mode, "{name}");
    }
}

#[test]
fn ctrl_c_ends_a_command_that_waits_for_standard_input() {
    let host = Host::new();
    host.scripted("ok");
    let echo = guest("echo");
    for args in [
        vec!["run", &echo, "--input", "-"],
        vec!["call", "scripted", "echo", "-"],
    ] {
        let mut child = host
            .command(&args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Kept open, so that the input never ends. A signal before its handler is installed would end the process by
        // itself.
        let _input = child.stdin.take();
        std::thread::sleep(Duration::from_secs(2));
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(20);
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{args:?}: SIGINT is not heard");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(130), "{args:?}");
    }
}
