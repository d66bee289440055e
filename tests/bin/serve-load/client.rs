//! A client of MCP over HTTP, as small as it can be: one connection, and one request at a time.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::request;

/// A generous bound for one answer, so that a lost one ends the program.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2025-11-25, with a session.
    Session,
    /// 2026-07-28.
    Stateless,
}

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    address: String,
    era: Era,
    /// The headers that each request has.
    headers: String,
}

impl Client {
    pub(crate) fn open(address: &str, era: Era) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
            era,
            headers: String::new(),
        };
        if era == Era::Session {
            let hello = json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": { "name": "load", "version": "1" }
            });
            let (head, _) = client.post(&request(0, "initialize", hello), "");
            let (_, session) = head.split_once("mcp-session-id: ").unwrap();
            let session = session.lines().next().unwrap();
            client.headers =
                format!("Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: 2025-11-25\r\n");
            let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
            client.post(&ready, "");
        }
        client
    }

    /// The answer to a call of a tool.
    pub(crate) fn call(&mut self, id: usize, tool: &str, arguments: &Value) -> Value {
        let mut params = json!({ "name": tool, "arguments": arguments });
        let mut more = String::new();
        if self.era == Era::Stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}
            });
            more = format!(
                "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"
            );
        }
        let (_, body) = self.post(&request(id, "tools/call", params), &more);
        // A stream of events, or the message alone.
        let lines = body
            .lines()
            .map(|line| line.strip_prefix("data:").unwrap_or(line));
        let mut messages = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let is_answer =
            |message: &Value| message.get("result").is_some() || message.get("error").is_some();
        let answer = messages.find(is_answer);
        answer.unwrap_or_else(|| Value::String(body.clone()))
    }

    /// Ends the session.
    pub(crate) fn close(&mut self) {
        if self.era == Era::Session {
            self.ask("DELETE", "", "");
        }
    }

    /// Opens the stream of events of the session, and says nothing more.
    pub(crate) fn listen(mut self) -> Idle {
        self.send("GET", "Accept: text/event-stream\r\n", "");
        let head = self.head();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        self.stream.get_ref().set_nonblocking(true).unwrap();
        Idle(self.stream)
    }

    /// The headers, in lower case, and the body of the response.
    fn post(&mut self, message: &Value, more: &str) -> (String, String) {
        let headers = format!(
            "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{more}"
        );
        self.ask("POST", &headers, &message.to_string())
    }

    fn ask(&mut self, method: &str, headers: &str, body: &str) -> (String, String) {
        self.send(method, headers, body);
        let head = self.head();
        let mut whole = Vec::new();
        if head.contains("transfer-encoding: chunked") {
            while let length @ 1.. = self.chunk() {
                let start = whole.len();
                whole.resize(start + length, 0);
                self.stream.read_exact(&mut whole[start..]).unwrap();
                self.line();
            }
            self.line();
        } else if let Some((_, length)) = head.split_once("content-length: ") {
            let length = length.lines().next().unwrap().parse().unwrap();
            whole.resize(length, 0);
            self.stream.read_exact(&mut whole).unwrap();
        }
        (head, String::from_utf8(whole).unwrap())
    }

    fn send(&mut self, method: &str, headers: &str, body: &str) {
        let request = format!(
            "{method} /mcp HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{}{headers}\r\n{body}",
            self.address,
            body.len(),
            self.headers
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
    }

    fn head(&mut self) -> String {
        let mut head = String::new();
        loop {
            let line = self.line();
            if line == "\r\n" {
                return head;
            }
            head.push_str(&line.to_ascii_lowercase());
        }
    }

    /// The length of the next chunk.
    fn chunk(&mut self) -> usize {
        usize::from_str_radix(self.line().trim(), 16).unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).unwrap();
        assert!(read > 0, "the server closed the connection");
        line
    }
}

/// A client that listens.
pub(crate) struct Idle(BufReader<TcpStream>);

impl Idle {
    /// Whether the server has kept the connection.
    pub(crate) fn is_open(&mut self) -> bool {
        let mut rest = [0; 4_096];
        loop {
            match self.0.read(&mut rest) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }
}
