//! The programs against an authorization server of another author (`tests/authorization`): a person logs in through a
//! browser, and processes share what comes of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::{Host, Ran, ran};
use crate::install;

mod canary;

const PINNED: &str = "tests/authorization";

/// Both servers, which end with the test.
struct Guarded {
    child: Child,
    addresses: Value,
    node: PathBuf,
    directory: PathBuf,
    host: Host,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Guarded {
    fn start(test: &str) -> Option<Self> {
        let directory = install::node(test, PINNED, "authorization")?;
        let node = install::recent_node(test, &directory)?;
        // Beside the packages that it imports.
        for program in ["provider.mjs", "browser.mjs"] {
            let source = mcp_tests::root().join(PINNED).join(program);
            let place = directory.join(program);
            if fs::read(&place).ok() != fs::read(&source).ok() {
                let copy = directory.join(format!("{program}.{}.{test}", std::process::id()));
                fs::copy(source, &copy).unwrap();
                fs::rename(copy, place).unwrap();
            }
        }
        let mut child = Command::new(&node)
            .arg(directory.join("provider.mjs"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap();
        let host = Host::new();
        let entry = json!({"url": addresses["mcp"]});
        let config = json!({"mcpServers": {"guarded": entry}});
        host.file("mcp.json", config.to_string());
        Some(Self {
            child,
            addresses,
            node,
            directory,
            host,
        })
    }

    fn entry(&self, more: &Value) {
        let mut entry = json!({"url": self.addresses["mcp"]});
        entry["oauth"] = more.clone();
        let config = json!({"mcpServers": {"guarded": entry}});
        self.host.file("mcp.json", config.to_string());
    }

    /// A program that goes where a login sends the browser.
    fn browser(&self, commands: &str) -> PathBuf {
        let path = self
            .host
            .file("browser", format!("#!/bin/sh\n{commands}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn log_in(&self, more: &[&str]) -> Ran {
        let (node, script) = (self.node.display(), self.directory.join("browser.mjs"));
        let browser = self.browser(&format!("exec '{node}' '{}' \"$1\"", script.display()));
        let mut command = self.host.command(&["login", "guarded"]);
        ran(&command.args(more).env("BROWSER", browser).output().unwrap())
    }

    fn call(&self, tool: &str) -> Ran {
        self.host.run(&["call", "guarded", tool])
    }

    /// Changes what the servers do, and gives what they have counted.
    fn control(&self, change: &str) -> Value {
        let url = self.addresses["control"].as_str().unwrap();
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "GET /{path}?{change} HTTP/1.0\r\nhost: {host}\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }

    fn counts(&self, what: &str) -> u64 {
        self.control("x=1")[what].as_u64().unwrap()
    }

    fn logins(&self) -> PathBuf {
        self.host.dir.path().join("state/mcp-host/logins")
    }
}

fn text(ran: &Ran) -> &str {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout.trim()
}

#[test]
fn person_logs_in_is_known_steps_up_and_logs_out() {
    let test = "person_logs_in_is_known_steps_up_and_logs_out";
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    let config = guarded.host.dir.path().join("mcp.json");
    let config = fs::canonicalize(config).unwrap();
    let command = format!("mcp-host login guarded --config {}", config.display());
    guarded.call("read").fails_with(6, &[&command]);
    let listed = guarded.host.run(&["server", "list"]);
    assert!(text(&listed).contains("needs login"), "{}", listed.stdout);

    let done = guarded.log_in(&[]);
    let said = text(&done);
    assert!(said.contains("\nscopes: read\n"), "{said}");
    assert!(said.contains("encrypted with the key in"), "{said}");
    assert!(text(&guarded.call("read")).contains("read as ann"));
    let listed = guarded.host.run(&["server", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(text(&listed)).unwrap();
    assert_eq!(listed["servers"][0]["login"], "ok");

    let step_up = format!("{command} --scope write");
    guarded
        .call("write")
        .fails_with(6, &["the scope `write`", &step_up]);
    let done = guarded.log_in(&["--scope", "write", "--format", "json"]);
    let done: Value = serde_json::from_str(text(&done)).unwrap();
    assert_eq!(done["scopes"], json!(["read", "write"]));
    assert!(text(&guarded.call("write")).contains("write as ann"));

    let out = guarded.host.run(&["logout", "guarded"]);
    assert_eq!(text(&out), "logged out of guarded", "{}", out.stderr);
    assert_eq!(out.stderr, "", "the tokens were revoked");
    assert_eq!(guarded.counts("revoked"), 1);
    guarded.call("read").fails_with(6, &[&command]);
    let again = guarded.host.run(&["logout", "guarded"]);
    assert_eq!(text(&again), "there was no login to guarded");
}

#[test]
fn browser_with_a_screen_comes_back_to_the_program() {
    let test = "browser_with_a_screen_comes_back_to_the_program";
    let Some(chromium) = install::chromium(test) else {
        return;
    };
    let chromium = chromium.display();
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    let profile = guarded.host.dir.path().join("profile");
    let browser = guarded.browser(&format!(
        "for turn in 1 2 3; do timeout 20 {chromium} --headless --no-sandbox --disable-gpu \
         --user-data-dir='{}'$turn --dump-dom \"$1\" && exit; done",
        profile.display()
    ));
    let mut command = guarded.host.command(&["login", "guarded"]);
    let done = ran(&command.env("BROWSER", browser).output().unwrap());
    assert!(
        text(&done).contains("logged in to guarded"),
        "{}",
        done.stderr
    );
    assert!(text(&guarded.call("read")).contains("read as ann"));
}

#[test]
fn address_of_the_last_page_can_be_pasted() {
    let test = "address_of_the_last_page_can_be_pasted";
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    let mut command = guarded.host.command(&["login", "guarded", "--no-browser"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = stderr
        .by_ref()
        .map(Result::unwrap)
        .find(|line| line.starts_with("http"))
        .unwrap();
    // A browser elsewhere: the last address does not load there.
    let walked = Command::new(&guarded.node)
        .arg(guarded.directory.join("browser.mjs"))
        .args([&address, "stop"])
        .output()
        .unwrap();
    let last = String::from_utf8(walked.stdout).unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(b"what was it?\n").unwrap();
    stdin.write_all(last.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("logged in to guarded"), "{said}");
    let rest: Vec<String> = stderr.map(Result::unwrap).collect();
    assert!(
        rest.iter()
            .any(|line| line.contains("not the address of this login")),
        "{rest:?}"
    );
    assert!(text(&guarded.call("read")).contains("read as ann"));
}

#[test]
fn eight_processes_with_a_token_that_has_ended_make_one_renewal() {
    let test = "eight_processes_with_a_token_that_has_ended_make_one_renewal";
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    guarded.control("ttl=1");
    text(&guarded.log_in(&[]));
    guarded.control("ttl=3600");
    std::thread::sleep(Duration::from_millis(1100));
    let calls: Vec<Child> = (0..8)
        .map(|_| {
            let mut command = guarded.host.command(&["call", "guarded", "read"]);
            let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for call in calls {
        let output = call.wait_with_output().unwrap();
        assert!(text(&ran(&output)).contains("read as ann"));
    }
    assert_eq!(guarded.counts("refresh_token"), 1);
    assert_eq!(guarded.counts("refused"), 0);
    // The refresh token that came with it is good.
    guarded.control("ttl=1&audience=elsewhere");
    guarded
        .call("read")
        .fails_with(6, &["mcp-host login guarded"]);
    assert_eq!(
        guarded.counts("refresh_token"),
        2,
        "once, for a token that is refused"
    );
}

#[test]
fn revoked_login_asks_for_another() {
    let test = "revoked_login_asks_for_another";
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    text(&guarded.log_in(&[]));
    text(&guarded.call("read"));
    guarded.control("revoke=1");
    guarded
        .call("read")
        .fails_with(6, &["mcp-host login guarded"]);
    // JWTs have whole seconds.
    std::thread::sleep(Duration::from_millis(1100));
    text(&guarded.log_in(&[]));
    text(&guarded.call("read"));
}

#[test]
fn client_of_the_configuration_needs_no_person() {
    let test = "client_of_the_configuration_needs_no_person";
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    guarded.entry(&json!({
        "grant": "client_credentials",
        "clientId": "robot",
        "clientSecret": "robot-secret-4711-robot-secret",
        "scopes": ["write"],
    }));
    for _ in 0..2 {
        assert!(text(&guarded.call("write")).contains("write as robot"));
    }
    assert_eq!(
        guarded.counts("client_credentials"),
        1,
        "the second call has the token of the first"
    );
}

#[test]
fn processes_that_are_killed_while_they_save_lose_no_login() {
    let test = "processes_that_are_killed_while_they_save_lose_no_login";
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    // A token of the client itself is asked for again and again: each process saves one.
    guarded.entry(&json!({
        "grant": "client_credentials",
        "clientId": "robot",
        "clientSecret": "robot-secret-4711-robot-secret",
        "scopes": ["write"],
    }));
    text(&guarded.call("write"));
    let begun = Instant::now();
    let mut killed = 0;
    while begun.elapsed() < Duration::from_secs(4) {
        let mut command = guarded.host.command(&["login", "guarded"]);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + killed * 7 % 150));
        let _ = child.kill();
        let _ = child.wait();
        killed += 1;
        // What it had sent before its end may reach the server after it.
        let mut asked = guarded.counts("client_credentials");
        loop {
            std::thread::sleep(Duration::from_millis(150));
            let now = guarded.counts("client_credentials");
            if now == asked {
                break;
            }
            asked = now;
        }
        assert!(text(&guarded.call("write")).contains("write as robot"));
        assert_eq!(
            guarded.counts("client_credentials"),
            asked,
            "the login was whole"
        );
    }
    let files = fs::read_dir(guarded.logins()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".login")).count(), 1);
}
