//! The local page of `serve --http` and `ui`: who gets in, what a decision needs, and that no text of a server, a script
//! or a client becomes a part of the page. Requests are written by hand, so that every header can be wrong.

mod browser;
mod hostile;
mod signed;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};

use serde_json::{Value, json};

use super::approvals::{echoed, host, run_of};
use super::http::{Response, Served};
use super::{PATIENCE, ended, terminate};
use crate::cli::Host;

/// A browser that signed in.
pub(super) struct Browser {
    /// `127.0.0.1:PORT`
    address: String,
    cookie: String,
}

/// A request that differs from that of a browser in what the test says.
#[derive(Clone, Default)]
struct Odd<'t> {
    host: Option<&'t str>,
    origin: Option<&'t str>,
    no_origin: bool,
    no_cookie: bool,
}

impl Browser {
    /// Opens the link that `serve` wrote into this file.
    fn open(host: &Host, address: &str) -> Self {
        let mut browser = Self {
            address: address.to_owned(),
            cookie: String::new(),
        };
        let answer = browser.get(&path_of(&link(host)));
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser.cookie = cookie_of(&answer);
        browser
    }

    fn get(&self, path: &str) -> Response {
        self.ask("GET", path, None, &Odd::default())
    }

    /// Sends a form.
    fn post(&self, path: &str, fields: &[(&str, &str)], odd: &Odd<'_>) -> Response {
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        self.ask("POST", path, Some(&pairs.join("&")), odd)
    }

    fn ask(&self, method: &str, path: &str, body: Option<&str>, odd: &Odd<'_>) -> Response {
        let host = odd.host.unwrap_or(&self.address);
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nHost: {host}\r\n");
        if !self.cookie.is_empty() && !odd.no_cookie {
            request.push_str(&format!("Cookie: other=1; {}\r\n", self.cookie));
        }
        let own = format!("http://{}", self.address);
        if body.is_some() && !odd.no_origin {
            request.push_str(&format!("Origin: {}\r\n", odd.origin.unwrap_or(&own)));
        }
        let body = body.unwrap_or_default();
        request.push_str(&format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        Response::read(&mut stream)
    }

    /// The page of a run, and the fields of its form that decides.
    fn run(&self, run: &str) -> (String, Vec<(String, String)>) {
        let page = self.get(&format!("/runs/{run}"));
        assert_eq!(page.status, 200, "{}", page.body);
        let fields = decisions(&page.body);
        (page.body, fields)
    }
}

fn escaped(text: &str) -> String {
    let bytes = text.bytes();
    bytes
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Waits for the link that the process writes.
#[track_caller]
fn link(host: &Host) -> String {
    let file = host.dir.path().join("link");
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if text.starts_with("http://") {
            return text.trim().to_owned();
        }
        assert!(std::time::Instant::now() < deadline, "no link: {text}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// What follows the address of a link.
fn path_of(link: &str) -> String {
    let (_, rest) = link.split_once("//").unwrap();
    format!("/{}", rest.split_once('/').unwrap().1)
}

fn cookie_of(answer: &Response) -> String {
    let (_, set) = answer.head.split_once("set-cookie: ").unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// `csrf` and each `digest` of the form that decides.
fn decisions(page: &str) -> Vec<(String, String)> {
    let Some((_, form)) = page.split_once("data-decides") else {
        return Vec::new();
    };
    let form = form.split("</form>").next().unwrap();
    let inputs = form.split("<input ").skip(1).filter_map(|input| {
        let of = |name: &str| {
            let (_, rest) = input.split_once(&format!("{name}=\""))?;
            Some(rest.split('"').next()?.to_owned())
        };
        let name = of("name").filter(|name| name == "csrf" || name == "digest")?;
        Some((name, of("value")?))
    });
    inputs.collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// An agent over HTTP, after the handshake.
struct Remote<'s> {
    served: &'s Served,
    session: String,
}

impl<'s> Remote<'s> {
    fn open(served: &'s Served) -> Self {
        let hello = served.hello(&[]);
        let (_, id) = hello.head.split_once("mcp-session-id: ").unwrap();
        let session = format!("Mcp-Session-Id: {}", id.lines().next().unwrap());
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        served.send("/mcp", &[&session], &initialized);
        Self { served, session }
    }

    /// The text of the answer of `run_script`.
    fn script(&self, arguments: &Value) -> String {
        let call = json!({
            "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": { "name": "run_script", "arguments": arguments }
        });
        let body = self.served.send("/mcp", &[&self.session], &call).body;
        let lines = body.lines().filter_map(|line| line.strip_prefix("data:"));
        let mut messages = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let answer = messages.find(|message| message["id"] == 2);
        let answer = answer.unwrap_or_else(|| panic!("no answer: {body}"));
        answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn run(&self, code: &str) -> String {
        self.script(&json!({ "code": code }))
    }

    fn resume(&self, run: &str) -> String {
        self.script(&json!({ "resume": run }))
    }
}

/// `serve --http` whose link goes to a file.
fn serve(host: &Host) -> Served {
    Served::start(host, &["--sign-in-file", "link"])
}

/// `mcp-host ui`
struct Ui {
    child: Child,
    /// Kept open: a process that writes into a closed pipe fails.
    _stderr: BufReader<ChildStderr>,
    address: String,
}

impl Ui {
    fn start(host: &Host) -> Self {
        let mut child = host
            .command(&["ui", "--sign-in-file", "link"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let (_, address) = line
            .trim()
            .split_once("http://")
            .unwrap_or_else(|| panic!("{line}"));
        Self {
            child,
            _stderr: stderr,
            address: address.to_owned(),
        }
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks about one call with these arguments.
fn asking(arguments: &Value) -> String {
    format!("import {{ echo }} from \"mcp:scripted\";\nexport default await echo({arguments});\n")
}

#[test]
fn a_run_that_waits_is_approved_on_the_page_and_its_agent_goes_on() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let paused = agent.run(&asking(&json!({ "n": 1 })));
    let run = run_of(&paused);
    let here = format!(
        "mcp-host approve {run}, or on http://{}/runs/{run}\n",
        served.address()
    );
    assert!(paused.contains(&here), "{paused}");

    let browser = Browser::open(&host, served.address());
    let list = browser.get("/");
    assert!(
        list.body.contains("(1) Waiting · mcp-host"),
        "{}",
        list.body
    );
    assert!(
        list.body.contains(&format!("href=\"/runs/{run}\"")),
        "{}",
        list.body
    );
    let (page, mut fields) = browser.run(&run);
    assert!(page.contains("scripted/echo"), "{page}");
    assert!(page.contains("Line 2 asks."), "{page}");
    assert!(page.contains("<code>/n</code>"), "{page}");
    fields.push(("decision".to_owned(), "once".to_owned()));
    let decided = browser.post(
        &format!("/runs/{run}/decide"),
        &borrowed(&fields),
        &Odd::default(),
    );
    assert_eq!(decided.status, 303, "{}", decided.body);
    let (page, fields) = browser.run(&run);
    assert!(page.contains("Decided. The agent goes on with"), "{page}");
    assert!(fields.is_empty());

    let done = agent.resume(&run);
    assert!(
        done.starts_with(&format!("ok  run {run}  1 call")),
        "{done}"
    );
    assert_eq!(echoed(&host), [json!({ "n": 1 })]);
    let (page, _) = browser.run(&run);
    assert!(page.contains("badge good\">finished"), "{page}");
    assert!(page.contains("(local page)"), "{page}");
}

#[test]
fn ui_decides_about_the_runs_of_another_process() {
    let host = host();
    let mut session = super::Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                export default await Promise.all([1, 2].map((n) => echo({ n, same: \"x\" })));";
    let run = run_of(&session.run(code).text);
    let ui = Ui::start(&host);
    let browser = Browser::open(&host, &ui.address);
    let (page, fields) = browser.run(&run);
    assert!(page.contains("It asks about 2 calls"), "{page}");
    // What differs between the two is marked, and what is equal is not.
    assert!(
        page.contains("<tr class=\"differs\"><th scope=\"row\"><code>/n</code>"),
        "{page}"
    );
    assert!(
        page.contains("<tr><th scope=\"row\"><code>/same</code>"),
        "{page}"
    );
    let mut fields = borrowed(&fields);
    fields.extend([("decision", "deny"), ("because", "not on a Friday")]);
    let decided = browser.post(&format!("/runs/{run}/decide"), &fields, &Odd::default());
    assert_eq!(decided.status, 303, "{}", decided.body);
    let answer = session.call("run_script", &json!({ "resume": run }));
    assert!(
        answer.text.starts_with("error approval_denied"),
        "{answer:?}"
    );
    assert!(answer.text.contains("not on a Friday"), "{answer:?}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_decision_for_the_run_and_one_about_a_part_of_the_calls() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code = "import { echo } from \"mcp:scripted\";\n\
                const all = await Promise.all([1, 2].map((n) => echo({ n })));\n\
                export default [...all, await echo({ n: 3 })].length;";
    let run = run_of(&agent.run(code));
    let browser = Browser::open(&host, served.address());
    let (_, fields) = browser.run(&run);
    assert_eq!(fields.len(), 3, "{fields:?}");
    let at = format!("/runs/{run}/decide");
    let mut one = borrowed(&fields[..2]);
    one.push(("decision", "once"));
    assert_eq!(browser.post(&at, &one, &Odd::default()).status, 303);
    assert!(agent.resume(&run).starts_with("paused"));
    let (page, fields) = browser.run(&run);
    assert!(page.contains("It asks about 1 call<"), "{page}");
    let mut rest = borrowed(&fields);
    rest.extend([("decision", "run"), ("more", "1")]);
    assert_eq!(browser.post(&at, &rest, &Odd::default()).status, 303);
    let done = agent.resume(&run);
    assert!(done.starts_with("ok  ") && done.ends_with("\n3"), "{done}");
}

#[test]
fn a_question_that_is_asked_no_more_is_not_decided() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code = "import { echo } from \"mcp:scripted\";\n\
                await echo({ n: \"harmless\" });\n\
                export default await echo({ n: \"other\" });";
    let run = run_of(&agent.run(code));
    let browser = Browser::open(&host, served.address());
    let (_, old) = browser.run(&run);
    assert_eq!(host.run(&["approve", &run, "--once"]).code, Some(0));
    assert!(agent.resume(&run).contains("\"other\""));
    let mut fields = borrowed(&old);
    fields.push(("decision", "once"));
    let at = format!("/runs/{run}/decide");
    let late = browser.post(&at, &fields, &Odd::default());
    assert_eq!(late.status, 409, "{}", late.body);
    assert!(
        late.body.contains("does not ask what was shown any more"),
        "{}",
        late.body
    );
    assert!(late.body.contains("other"), "{}", late.body);
    assert!(agent.resume(&run).starts_with("paused"));
    assert_eq!(echoed(&host), [json!({ "n": "harmless" })]);

    // A form without a call, without a decision, and with a number that is none.
    let (_, now) = browser.run(&run);
    for wrong in [
        vec![("csrf", now[0].1.as_str()), ("decision", "once")],
        borrowed(&now),
        [borrowed(&now), vec![("decision", "run"), ("more", "-1")]].concat(),
    ] {
        let answer = browser.post(&at, &wrong, &Odd::default());
        assert_eq!(answer.status, 400, "{wrong:?}: {}", answer.body);
        assert!(
            answer.body.contains("nothing was decided"),
            "{}",
            answer.body
        );
    }
    assert!(agent.resume(&run).starts_with("paused"));
    let cancel = browser.get(&format!("/runs/{run}")).body;
    let (_, form) = cancel.split_once(&format!("/runs/{run}/cancel")).unwrap();
    let (_, token) = form.split_once("value=\"").unwrap();
    let token = token.split('"').next().unwrap();
    let cancelled = browser.post(
        &format!("/runs/{run}/cancel"),
        &[("csrf", token)],
        &Odd::default(),
    );
    assert_eq!(cancelled.status, 303, "{}", cancelled.body);
    assert!(agent.resume(&run).starts_with("error run_expired"));
}

#[test]
fn the_page_ends_with_its_process_and_binds_to_no_other_machine() {
    let host = host();
    let output = host.run(&["ui", "--http", "0.0.0.0:0", "--sign-in-file", "link"]);
    output.fails_with(2, &["the page is served to this one alone"]);
    // A pipe may end in a log that a model reads.
    host.run(&["ui"])
        .fails_with(2, &["stderr is no terminal", "--sign-in-file"]);
    let mut ui = Ui::start(&host);
    assert!(!link(&host).is_empty());
    terminate(&ui.child);
    assert_eq!(ended(&mut ui.child), Some(0));
}
