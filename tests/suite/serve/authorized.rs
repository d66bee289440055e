//! `serve --http` behind an authorization server of another author (`tests/authorization/users.mjs`): whose tokens are
//! taken, and that two users share nothing.

mod clients;
mod hostile;
mod owned;
mod shared;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::http::{Response, Served};
use super::limits::STATELESS;
use crate::cli::Host;
use crate::install;

const PINNED: &str = "tests/authorization";

/// What the scopes of most tests allow: everything that `[policy]` does, or reading only.
const SCOPES: &str = "\
[[serve.authorization.scopes]]
scope = \"mcp:write\"

[[serve.authorization.scopes]]
scope = \"mcp:read\"
policy = { read-only = true }
";

/// The authorization server, which ends with the test.
struct Issuer {
    child: Child,
    addresses: Value,
    /// Where `serve` will listen.
    address: String,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Issuer {
    /// `None`, with a message, if its packages cannot be installed.
    fn start(test: &str) -> Option<Self> {
        let directory = install::node(test, PINNED, "authorization")?;
        let node = install::recent_node(test, &directory)?;
        // Beside the packages that it imports.
        let source = mcp_tests::root().join(PINNED).join("users.mjs");
        let place = directory.join("users.mjs");
        if fs::read(&place).ok() != fs::read(&source).ok() {
            let copy = directory.join(format!("users.mjs.{}.{test}", std::process::id()));
            fs::copy(source, &copy).unwrap();
            fs::rename(copy, &place).unwrap();
        }
        // Tokens are for an address, which has to be known before anything listens there.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let mut child = Command::new(&node)
            .arg(place)
            .arg(format!("http://{address}/mcp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Some(Self {
            child,
            addresses: serde_json::from_str(&line).unwrap(),
            address,
        })
    }

    /// The name of a user, as people see it.
    fn name(&self, user: &str) -> String {
        format!("{user} of {}", self.addresses["issuer"].as_str().unwrap())
    }

    fn resource(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// The settings, with these tables before and these scopes.
    fn settings(&self, before: &str, scopes: &str) -> String {
        format!(
            "{before}\n[serve.authorization]\nissuer = {}\nresource = \"{}\"\n\n{scopes}",
            self.addresses["issuer"],
            self.resource()
        )
    }

    fn control(&self, asked: &Value) -> Value {
        let url = self.addresses["control"].as_str().unwrap();
        let (host, path) = url
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let body = asked.to_string();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "POST /{path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let answered: Value =
            serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert!(answered.get("error").is_none(), "{asked}: {answered}");
        answered
    }

    /// A token as this user gets it.
    fn token(&self, user: &str, scope: &str) -> String {
        let asked = json!({ "grant": { "client": user, "scope": scope } });
        self.control(&asked)["token"].as_str().unwrap().to_owned()
    }

    /// A token that the issuer did not give.
    fn forged(&self, how: &Value) -> String {
        let forged = self.control(&json!({ "forge": how }));
        forged["token"].as_str().unwrap().to_owned()
    }

    /// `serve` where the tokens are for.
    fn serve(&self, host: &Host, more: &[&str]) -> Served {
        let args = [&["--no-page"][..], more].concat();
        Served::at(host, &self.address, &args)
    }
}

/// The issuer, and a host with the scripted server and these settings.
fn guarded(test: &str, before: &str, scopes: &str) -> Option<(Issuer, Host)> {
    let issuer = Issuer::start(test)?;
    let host = super::host();
    host.settings(issuer.settings(before, scopes));
    Some((issuer, host))
}

/// One user with a token. A client of 2025-11-25 has a session.
struct User<'s> {
    served: &'s Served,
    authorization: String,
    session: Option<String>,
}

impl<'s> User<'s> {
    /// A client of 2026-07-28.
    fn new(served: &'s Served, token: &str) -> Self {
        Self {
            served,
            authorization: format!("Authorization: Bearer {token}"),
            session: None,
        }
    }

    /// A client of 2025-11-25, with a session of its own.
    fn in_session(served: &'s Served, token: &str) -> Self {
        let mut user = Self::new(served, token);
        let hello = served.hello(&[&user.authorization]);
        assert_eq!(hello.status, 200, "{}", hello.body);
        let id = hello.head.split_once("mcp-session-id: ").unwrap().1;
        user.session = Some(format!("Mcp-Session-Id: {}", id.lines().next().unwrap()));
        user.message(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        user
    }

    fn message(&self, message: &Value) -> Response {
        let headers = match &self.session {
            Some(session) => vec![&*self.authorization, session],
            None => [&[&*self.authorization], &STATELESS[..]].concat(),
        };
        self.served.send("/mcp", &headers, message)
    }

    /// What a tool answers, as it stands in the body.
    fn call(&self, tool: &str, arguments: &Value) -> String {
        self.params(&json!({ "name": tool, "arguments": arguments }), &json!({}))
    }

    fn params(&self, params: &Value, capabilities: &Value) -> String {
        let mut params = params.clone();
        if self.session.is_none() {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": capabilities,
                "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" }
            });
        }
        let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
        let headers = match &self.session {
            Some(session) => vec![self.authorization.clone(), session.clone()],
            None => vec![
                self.authorization.clone(),
                STATELESS[0].to_owned(),
                STATELESS[1].to_owned(),
                format!("Mcp-Name: {}", params["name"].as_str().unwrap()),
            ],
        };
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let answer = self.served.send("/mcp", &headers, &call);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    fn run(&self, code: &str) -> String {
        self.call("run_script", &json!({ "code": code }))
    }

    fn resume(&self, run: &str) -> String {
        self.call("run_script", &json!({ "resume": run }))
    }
}

/// The id of the run in an answer.
#[track_caller]
fn run_of(body: &str) -> String {
    let (_, after) = body
        .split_once("run r_")
        .unwrap_or_else(|| panic!("no run: {body}"));
    format!("r_{}", &after[..8])
}

#[track_caller]
fn has(body: &str, part: &str) {
    assert!(body.contains(part), "no `{part}` in: {body}");
}
