//! Standard streams that are closed, full or a terminal.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::text::{answer, says, server, tool};
use crate::cli::Host;

/// The longest time of a command that waits for nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// The state of a stream.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stream {
    Read,
    /// A disk without room.
    Full,
    /// A pipe without a reader.
    Gone,
}

/// How a command ended, and what the test could read.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run(mut command: Command, stdout: Stream, stderr: Stream) -> Ended {
    let stdio = |stream| match stream {
        Stream::Read => Stdio::piped(),
        Stream::Full => Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap()),
        Stream::Gone => {
            // Closed before the command starts: a quick command must not find it.
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            Stdio::from(writer)
        }
    };
    command.stdout(stdio(stdout)).stderr(stdio(stderr));
    let mut child = command.spawn().unwrap();
    let errors = child.stderr.take().map(|mut errors| {
        std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        })
    });
    let mut text = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut text).unwrap();
    }
    Ended {
        code: ends(&mut child),
        stdout: text,
        stderr: errors
            .map(|errors| errors.join().unwrap())
            .unwrap_or_default(),
    }
}

/// Waits for the end, and kills a process that does not end.
fn ends(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A server with one tool, and a component whose `f` returns a text, with all that a command may need.
fn host(text: &str) -> Host {
    let host = Host::new();
    server(&host, &json!([tool("t")]), &Value::Null, &answer(text));
    host.file("says.wasm", says(text));
    host
}

const RUN: [&str; 4] = ["run", "says.wasm", "--invoke", "f()"];
const CALL: [&str; 4] = ["call", "scripted", "t", "{}"];

#[test]
fn a_run_whose_stderr_is_gone_gives_its_result_and_its_exit_code() {
    let host = host("the result");
    for stderr in [Stream::Full, Stream::Gone] {
        for verbose in [&[][..], &["-vv"]] {
            for args in [RUN, CALL] {
                let args = [&args, verbose].concat();
                let ended = run(host.command(&args), Stream::Read, stderr);
                assert_eq!(ended.stdout, "the result\n", "{args:?} {stderr:?}");
                assert_eq!(ended.code, Some(0), "{args:?} {stderr:?}");
            }
        }
        let missing = host.command(&["run", "missing.wasm"]);
        assert_eq!(run(missing, Stream::Read, stderr).code, Some(2));
        let forever = ["run", "says.wasm", "--invoke", "f()", "--fuel", "1"];
        assert_eq!(
            run(host.command(&forever), Stream::Read, stderr).code,
            Some(3)
        );
    }
}

#[test]
fn a_result_that_stdout_does_not_take_is_a_reported_host_fault() {
    let host = host("the result");
    for stdout in [Stream::Full, Stream::Gone] {
        for (args, over) in [
            (
                &RUN[..],
                "the run is over (finished), and its result is lost",
            ),
            (&CALL, "the tool was called, and its answer is lost"),
            (&["limits"], ""),
            (&["cache", "list"], ""),
            (&["server", "list"], ""),
            (&["server", "check"], ""),
            (&["server", "inspect", "scripted"], ""),
            (&["inspect", "says.wasm"], ""),
            (&["describe", "says.wasm"], ""),
        ] {
            for format in [&[][..], &["--format", "json"]] {
                if args[0] == "describe" && !format.is_empty() {
                    continue;
                }
                let args = [args, format].concat();
                let ended = run(host.command(&args), stdout, Stream::Read);
                assert_eq!(ended.code, Some(6), "{args:?} {stdout:?}: {}", ended.stderr);
                let said = "failed to write the result to stdout: ";
                assert!(ended.stderr.contains(said), "{args:?}: {}", ended.stderr);
                assert!(ended.stderr.contains(over), "{args:?}: {}", ended.stderr);
                assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
            }
        }
        for args in [&["--help"][..], &["run", "--help"], &["--version"]] {
            let ended = run(host.command(args), stdout, Stream::Read);
            assert_eq!(ended.code, Some(6), "{args:?} {stdout:?}: {}", ended.stderr);
        }
        // A failure without output for stdout keeps its own code.
        let args = [&RUN[..], &["--fuel", "1"]].concat();
        assert_eq!(run(host.command(&args), stdout, Stream::Read).code, Some(3));
    }
}

#[test]
fn commands_end_the_same_when_both_streams_are_gone() {
    let host = host("the result");
    for stream in [Stream::Full, Stream::Gone] {
        for (args, code) in [
            (&RUN[..], 6),
            (&["run", "missing.wasm", "--format", "json"], 2),
            (&["server", "add", "more", "--", "true"], 0),
            (&["server", "remove", "more"], 0),
            (&["server", "list", "--config", "none.json"], 2),
            (&["no-such-command"], 2),
            (&[], 2),
        ] {
            let ended = run(host.command(args), stream, stream);
            assert_eq!(ended.code, Some(code), "{args:?} {stream:?}");
        }
    }
}

#[test]
fn a_descriptor_that_is_closed_is_as_the_null_device() {
    let host = host("the result");
    for (closed, stdout) in [("2>&-", "the result\n"), (">&-", ""), ("<&- >&- 2>&-", "")] {
        let inner = host.command(&RUN);
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("exec \"$0\" \"$@\" {closed}")])
            .arg(inner.get_program())
            .args(inner.get_args())
            .current_dir(host.dir.path())
            .envs(
                inner
                    .get_envs()
                    .filter_map(|(key, value)| Some((key, value?))),
            );
        let ended = run(command, Stream::Read, Stream::Read);
        assert_eq!(
            (ended.code, &*ended.stdout),
            (Some(0), stdout),
            "{closed}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}

#[test]
fn codegen_says_what_it_could_not_write_and_never_panics() {
    let host = host("");
    let codegen = |args: &[&str]| {
        let mut command = Command::new(mcp_tests::binary("mcp-codegen"));
        command
            .args(args)
            .current_dir(host.dir.path())
            .stdin(Stdio::null());
        command
    };
    let wit = ["wit", "x", "--from", "tools.json"];
    let ended = run(codegen(&wit), Stream::Full, Stream::Read);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("failed to write the result to stdout"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        run(codegen(&["--help"]), Stream::Full, Stream::Read).code,
        Some(6)
    );
    for stderr in [Stream::Full, Stream::Gone] {
        let ended = run(codegen(&wit), Stream::Read, stderr);
        assert_eq!(ended.code, Some(0));
        assert!(
            ended.stdout.contains("package mcp-server:x"),
            "{}",
            ended.stdout
        );
        assert_eq!(
            run(codegen(&["wit", "x", "--from", "none"]), stderr, stderr).code,
            Some(2)
        );
    }
}

#[test]
fn ctrl_c_ends_a_command_whose_result_nothing_reads() {
    let host = host(&"x".repeat(1 << 20));
    for format in ["text", "json"] {
        let args = [&RUN[..], &["--format", format]].concat();
        let mut command = host.command(&args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut summary = String::new();
        stderr.read_line(&mut summary).unwrap();
        assert!(summary.starts_with("finished in"), "{summary}");
        // The pipe is full by now, or will be when the signal arrives: either way the command waits.
        std::thread::sleep(Duration::from_millis(300));
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(ends(&mut child), Some(130), "{format}");
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "error: stopped by SIGINT\n");
    }
}

/// Runs the command on a terminal of its own, and returns the terminal's output.
fn on_a_terminal(host: &Host, args: &[&str]) -> Option<String> {
    if Command::new("script").arg("--version").output().is_err() {
        mcp_tests::skip("output on a terminal", "no `script` to make a terminal");
        return None;
    }
    let command = host.command(args);
    let line: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| format!("'{}'", part.to_str().unwrap()))
        .collect();
    let seen = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--command",
            &line.join(" "),
            "/dev/null",
        ])
        .current_dir(host.dir.path())
        .envs(
            command
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        )
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Some(String::from_utf8(seen.stdout).unwrap())
}

#[test]
fn a_result_is_safe_on_a_terminal_and_as_it_is_in_a_pipe() {
    const HOSTILE: &str = "\u{1b}]0;title\u{7}\u{1b}[31mred\u{9b}1m\u{202e}\ta\nb \u{2764}\u{fe0f}";
    let host = host(HOSTILE);
    let mut structured = answer("");
    structured["structuredContent"] = json!({ "a": HOSTILE });
    for args in [RUN, CALL] {
        let piped = run(host.command(&args), Stream::Read, Stream::Read);
        assert_eq!(piped.stdout, format!("{HOSTILE}\n"), "{args:?}");
        let Some(seen) = on_a_terminal(&host, &args) else {
            return;
        };
        let shown =
            "\\u{1b}]0;title\\u{7}\\u{1b}[31mred\\u{9b}1m\\u{202e}\ta\r\nb \u{2764}\u{fe0f}\r\n";
        assert!(seen.contains(shown), "{args:?}: {}", seen.escape_debug());
        assert!(
            !seen.contains(['\u{7}', '\u{9b}', '\u{202e}']),
            "{}",
            seen.escape_debug()
        );
        assert!(!seen.contains("\u{1b}]0;"), "{}", seen.escape_debug());
    }
    // What is JSON stays the same JSON.
    server(&host, &json!([tool("t")]), &Value::Null, &structured);
    for args in [&CALL[..], &[&CALL[..], &["--format", "json"]].concat()] {
        let seen = on_a_terminal(&host, args).unwrap();
        assert!(
            seen.contains("\\u202e") && seen.contains("\\u009b"),
            "{}",
            seen.escape_debug()
        );
        let json = &seen[seen.find('{').unwrap()..=seen.rfind('}').unwrap()];
        let value: Value = serde_json::from_str(json).unwrap();
        let a = value
            .get("a")
            .unwrap_or(&value["result"]["structuredContent"]["a"]);
        assert_eq!(a, HOSTILE);
    }
}
