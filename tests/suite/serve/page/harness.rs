//! A browser, an agent and a process for the tests of the page. Requests are written by hand, so that every header can
//! be wrong.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};

use serde_json::{Value, json};

use crate::cli::Host;
use crate::serve::PATIENCE;
use crate::serve::http::{Response, Served};

/// A browser that signed in.
pub(super) struct Browser {
    /// `127.0.0.1:PORT`
    pub(super) address: String,
    pub(super) cookie: String,
}

/// A request that differs from that of a browser in what the test says.
#[derive(Clone, Default)]
pub(super) struct Odd<'t> {
    pub(super) host: Option<&'t str>,
    pub(super) origin: Option<&'t str>,
    pub(super) no_origin: bool,
    pub(super) no_cookie: bool,
}

impl Browser {
    /// Opens the link that `serve` wrote into this file.
    pub(super) fn open(host: &Host, address: &str) -> Self {
        let mut browser = Self {
            address: address.to_owned(),
            cookie: String::new(),
        };
        let answer = browser.get(&path_of(&link(host)));
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser.cookie = cookie_of(&answer);
        browser
    }

    pub(super) fn get(&self, path: &str) -> Response {
        self.ask("GET", path, None, &Odd::default())
    }

    /// Sends a form.
    pub(super) fn post(&self, path: &str, fields: &[(&str, &str)], odd: &Odd<'_>) -> Response {
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        self.ask("POST", path, Some(&pairs.join("&")), odd)
    }

    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        odd: &Odd<'_>,
    ) -> Response {
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
    pub(super) fn run(&self, run: &str) -> (String, Vec<(String, String)>) {
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
pub(super) fn link(host: &Host) -> String {
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
pub(super) fn path_of(link: &str) -> String {
    let (_, rest) = link.split_once("//").unwrap();
    format!("/{}", rest.split_once('/').unwrap().1)
}

pub(super) fn cookie_of(answer: &Response) -> String {
    let (_, set) = answer.head.split_once("set-cookie: ").unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// `csrf` and each `digest` of the form that decides.
pub(super) fn decisions(page: &str) -> Vec<(String, String)> {
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

pub(super) fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// An agent over HTTP, after the handshake.
pub(super) struct Remote<'s> {
    served: &'s Served,
    session: String,
}

impl<'s> Remote<'s> {
    pub(super) fn open(served: &'s Served) -> Self {
        let hello = served.hello(&[]);
        let (_, id) = hello.head.split_once("mcp-session-id: ").unwrap();
        let session = format!("Mcp-Session-Id: {}", id.lines().next().unwrap());
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        served.send("/mcp", &[&session], &initialized);
        Self { served, session }
    }

    /// The text of the answer of `run_script`.
    pub(super) fn script(&self, arguments: &Value) -> String {
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

    pub(super) fn run(&self, code: &str) -> String {
        self.script(&json!({ "code": code }))
    }

    pub(super) fn resume(&self, run: &str) -> String {
        self.script(&json!({ "resume": run }))
    }
}

/// `serve --http` whose link goes to a file.
pub(super) fn serve(host: &Host) -> Served {
    Served::start(host, &["--sign-in-file", "link"])
}

/// `mcp-host ui`
pub(super) struct Ui {
    pub(super) child: Child,
    /// Kept open: a process that writes into a closed pipe fails.
    _stderr: BufReader<ChildStderr>,
    pub(super) address: String,
}

impl Ui {
    pub(super) fn start(host: &Host) -> Self {
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
pub(super) fn asking(arguments: &Value) -> String {
    format!("import {{ echo }} from \"mcp:scripted\";\nexport default await echo({arguments});\n")
}
