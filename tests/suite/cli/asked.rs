//! `mcp-host run` on a terminal: it shows the call that waits, and asks. `script` makes the terminal.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::json;

use super::Host;

/// A generous bound, so that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the program asks.
const PROMPT: &str = "[q] later";

/// `mcp-host run` on a terminal.
struct Terminal {
    child: Child,
    output: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// `None`, with a message: there is nothing to make a terminal with.
    fn open(test: &str, host: &Host, args: &[&str]) -> Option<Self> {
        if Command::new("script").arg("--version").output().is_err() {
            mcp_tests::skip(test, "no `script` to make a terminal");
            return None;
        }
        let command = host.command(args);
        let line = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|part| format!("'{}'", part.to_str().unwrap()))
            .collect::<Vec<_>>()
            .join(" ");
        // Without `exec` the shell stays between: a key that interrupts ends it too, and `script` with it, before the
        // program has said its last words. Some shells leave their place by themselves, others do not.
        let line = format!("exec {line}");
        let mut terminal = Command::new("script");
        terminal
            .env("SHELL", "/bin/sh")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .current_dir(host.dir.path())
            .envs(
                command
                    .get_envs()
                    .filter_map(|(key, value)| Some((key, value?))),
            )
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = terminal.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, output) = channel();
        // A thread, because a read of a pipe has no time limit.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = stdout.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Some(Self {
            child,
            output,
            seen: String::new(),
        })
    }

    /// Waits until the prompt was shown so many times.
    #[track_caller]
    fn prompted(&mut self, times: usize) {
        self.shows(PROMPT, times);
    }

    /// The same for another text.
    #[track_caller]
    fn shows(&mut self, text: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.seen.matches(text).count() < times {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(error) => panic!("{error}: {}", self.seen.escape_debug()),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// The exit code, and everything that the terminal showed.
    fn ended(mut self) -> (Option<i32>, String) {
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        (self.child.wait().unwrap().code(), self.seen)
    }
}

/// A host whose server writes down each message, and a policy that asks about `echo`.
fn host() -> Host {
    let host = Host::new();
    host.config(&json!({
        "command": mcp_tests::binary("examples/scripted-server"),
        "args": ["ok"],
        "env": { "SCRIPTED_LOG": host.dir.path().join("seen.jsonl") },
    }));
    host.settings("[policy]\nask = [\"scripted/echo\"]\n");
    host
}

/// How many calls of `echo` reached the server.
fn echoed(host: &Host) -> usize {
    let seen = std::fs::read_to_string(host.dir.path().join("seen.jsonl")).unwrap_or_default();
    seen.matches("\"name\":\"echo\"").count()
}

const CODE: &str = "import { echo } from \"mcp:scripted\";\n\
                    export default await echo({ owner: \"ada\", number: 7 });";

#[test]
fn a_person_is_shown_tool_arguments_and_rule_and_allows_the_call() {
    let host = host();
    let script = host.file("script.ts", CODE);
    let test = "a_person_is_shown_tool_arguments_and_rule_and_allows_the_call";
    let Some(mut terminal) = Terminal::open(test, &host, &["run", script.to_str().unwrap()]) else {
        return;
    };
    terminal.prompted(1);
    for part in [
        "scripted/echo\r\n",
        "  owner: \"ada\"\r\n",
        "  number: 7\r\n",
        "  rule: ask = \"scripted/echo\" of ",
    ] {
        assert!(
            terminal.seen.contains(part),
            "{}",
            terminal.seen.escape_debug()
        );
    }
    assert_eq!(echoed(&host), 0);
    // What is no answer is asked again.
    terminal.press("sure\n");
    terminal.prompted(2);
    terminal.press("y\n");
    let (code, seen) = terminal.ended();
    assert_eq!(code, Some(0), "{seen}");
    assert_eq!(echoed(&host), 1);
}

#[test]
fn a_person_refuses_the_call_and_the_script_gets_an_error() {
    let host = host();
    let caught = CODE.replace("7 })", "7 }).catch((error) => error.code)");
    let script = host.file("script.ts", caught);
    let test = "a_person_refuses_the_call_and_the_script_gets_an_error";
    let Some(mut terminal) = Terminal::open(test, &host, &["run", script.to_str().unwrap()]) else {
        return;
    };
    terminal.prompted(1);
    terminal.press("n\n");
    let (code, seen) = terminal.ended();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("denied"), "{seen}");
    assert_eq!(echoed(&host), 0);
}

#[test]
fn always_shows_the_change_of_the_settings_file_before_it_is_written() {
    let host = host();
    let settings = host.settings("# mine\n[policy]\nask = [\"scripted/echo\", \"scripted/f*\"]\n");
    let before = std::fs::read_to_string(&settings).unwrap();
    let script = host.file("script.ts", CODE);
    let script = script.to_str().unwrap();
    let test = "always_shows_the_change_of_the_settings_file_before_it_is_written";
    let Some(mut terminal) = Terminal::open(test, &host, &["run", script]) else {
        return;
    };
    terminal.prompted(1);
    terminal.press("a\n");
    terminal.shows("[y/n]", 1);
    assert!(
        terminal.seen.contains("  + ask = [ \"scripted/f*\"]\r\n"),
        "{}",
        terminal.seen.escape_debug()
    );
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), before);
    // The question comes again.
    terminal.press("n\n");
    terminal.prompted(2);
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), before);
    terminal.press("a\n");
    terminal.shows("[y/n]", 2);
    terminal.press("y\n");
    let (code, seen) = terminal.ended();
    assert_eq!(code, Some(0), "{seen}");
    let after = std::fs::read_to_string(&settings).unwrap();
    assert_eq!(after, "# mine\n[policy]\nask = [ \"scripted/f*\"]\n");
    let again = host.run(&["run", script]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(echoed(&host), 2);
}

#[test]
fn always_is_refused_where_another_rule_would_still_ask() {
    let host = host();
    let settings = host.settings("[policy]\nask = [\"scripted/e*\"]\n");
    let script = host.file("script.ts", CODE);
    let test = "always_is_refused_where_another_rule_would_still_ask";
    let Some(mut terminal) = Terminal::open(test, &host, &["run", script.to_str().unwrap()]) else {
        return;
    };
    terminal.prompted(1);
    terminal.press("a\n");
    terminal.prompted(2);
    terminal.press("n\n");
    let (code, seen) = terminal.ended();
    assert_eq!(code, Some(4), "{seen}");
    for part in ["would still need a decision", "scripted/e*"] {
        assert!(seen.contains(part), "{seen}");
    }
    let text = std::fs::read_to_string(&settings).unwrap();
    assert_eq!(text, "[policy]\nask = [\"scripted/e*\"]\n");
}

#[test]
fn a_run_that_is_interrupted_while_it_asks_waits_and_says_how_to_go_on() {
    let host = host();
    let script = host.file("script.ts", CODE);
    let script = script.to_str().unwrap();
    let test = "a_run_that_is_interrupted_while_it_asks_waits_and_says_how_to_go_on";
    let Some(mut terminal) = Terminal::open(test, &host, &["run", script]) else {
        return;
    };
    terminal.prompted(1);
    // As Ctrl-C does.
    terminal.press("\u{3}");
    let (code, seen) = terminal.ended();
    assert_eq!(code, Some(7), "{seen}");
    let (_, rest) = seen
        .split_once("decide with `mcp-host approve ")
        .unwrap_or_else(|| panic!("{seen}"));
    let run = &rest[..10];
    assert!(seen.contains(&format!("with `--resume {run}`")), "{seen}");
    assert_eq!(echoed(&host), 0);
    let allowed = host.run(&["approve", run, "--once"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    let done = host.run(&["run", script, "--resume", run]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(echoed(&host), 1);
}

#[test]
fn arguments_steer_no_terminal_and_hide_nothing() {
    let host = host();
    let hostile = "import { echo } from \"mcp:scripted\";\n\
        const text = String.fromCharCode(27) + \"[2J\" + String.fromCharCode(0x202e) + \"gpj.exe\" + String.fromCharCode(0x9b) + \"1A\";\n\
        export default await echo({ [text]: text, \"a\\n  rule: none\": \"\\r\\nallow? \", long: \"x\".repeat(9000) });";
    let script = host.file("script.ts", hostile);
    let test = "arguments_steer_no_terminal_and_hide_nothing";
    let Some(mut terminal) = Terminal::open(test, &host, &["run", script.to_str().unwrap()]) else {
        return;
    };
    terminal.prompted(1);
    terminal.press("q\n");
    let (code, seen) = terminal.ended();
    assert_eq!(code, Some(7), "{seen}");
    for hidden in ["\u{1b}[2J", "\u{202e}", "\u{9b}", "\n  rule: none"] {
        assert!(!seen.contains(hidden), "{}", seen.escape_debug());
    }
    for shown in [
        "\\u001b[2J\\u{202e}gpj.exe",
        "more bytes)\r\n",
        "  cut; digest of all of it: ",
    ] {
        assert!(
            seen.contains(shown),
            "no {shown} in {}",
            seen.escape_debug()
        );
    }
    assert_eq!(echoed(&host), 0);
}
