//! Servers that write more than MCP messages, and refusals over HTTP: what a user sees of them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

use super::Host;

/// A reply: status, more headers, body.
type Reply = (u16, &'static str, String);

#[test]
fn log_lines_on_stdout_are_seen_neither_in_the_result_nor_on_stderr() {
    let host = Host::new();
    host.scripted("logs");
    let line = r#"{"level":50,"id":"r1","error":{"message":"low on disk"}}"#;
    let given = json!({"before": format!("{line}\nnot JSON\n"), "answers": true}).to_string();
    let ran = host.run(&["call", "--unchecked", "scripted", "says-before", &given]);
    ran.is(0, "done\n", "");
}

#[test]
fn time_out_shows_the_lines_that_came_instead_of_the_answer() {
    let host = Host::new();
    let server = mcp_tests::binary("examples/scripted-server");
    host.config(&json!({"command": server, "args": ["ok"], "tool_timeout_sec": 0.5}));
    let given = json!({"before": "{\"level\":30,\"msg\":\"waiting for the disk\"}\n"}).to_string();
    let ran = host.run(&["call", "--unchecked", "scripted", "says-before", &given]);
    ran.fails_with(
        3,
        &[
            "no answer after 0.5 s",
            "on stdout, where only MCP messages belong:",
            r#"{"level":30,"msg":"waiting for the disk"}"#,
        ],
    );
}

#[test]
fn time_out_shows_an_answer_whose_line_has_no_end() {
    let host = Host::new();
    let server = mcp_tests::binary("examples/scripted-server");
    host.config(&json!({"command": server, "args": ["ok"], "tool_timeout_sec": 0.5}));
    let given = json!({"before": r#"{"jsonrpc":"2.0","id":ID,"result":{}}"#}).to_string();
    let ran = host.run(&["call", "--unchecked", "scripted", "says-before", &given]);
    ran.fails_with(
        3,
        &[
            "no answer after 0.5 s",
            r#""result":{}} (this line has no end: a message ends with a newline)"#,
        ],
    );
}

#[test]
fn number_that_comes_back_as_text_is_refused_with_both_ids() {
    let host = Host::new();
    host.scripted("ok");
    let ran = host.run(&["call", "scripted", "number-as-text", "{}"]);
    ran.fails_with(
        6,
        &["under the id `\"1\"`, as text and not as a number, where the request has the id `1`"],
    );
}

#[test]
fn stream_of_its_own_that_a_server_refuses_prints_nothing() {
    for status in [400, 401, 500] {
        let host = Host::new();
        let address = serve(move |method, message| match method {
            "GET" => Some((status, "", String::new())),
            _ => known(message),
        });
        host.config(&json!({"url": address}));
        let ran = host.run(&["call", "scripted", "t", "{}"]);
        ran.is(0, "done\n", "");
    }
}

#[test]
fn failure_over_http_is_one_error_without_lines_of_libraries() {
    let host = Host::new();
    let address = serve(|_, _| Some((403, "", "Host not allowed".to_owned())));
    host.config(&json!({"url": address}));
    let ran = host.run(&["call", "scripted", "t", "{}"]);
    let error = format!(
        "error: server `scripted` at `{address}`: it refused the request with HTTP 403: Host not allowed: check \
         its `url`, and whether the token in its `headers` allows this\n"
    );
    ran.is(6, "", &error);
}

#[test]
fn connection_that_breaks_off_on_the_probe_is_tried_with_initialize() {
    let host = Host::new();
    let address = serve(|_, message| match message["method"].as_str() {
        Some("server/discover") => None,
        _ => known(message),
    });
    host.config(&json!({"url": address}));
    host.run(&["call", "scripted", "t", "{}"])
        .is(0, "done\n", "");
}

#[test]
fn server_of_the_first_http_transport_is_refused_by_name() {
    let endpoint = "event: endpoint\ndata: /messages?session=1\n\n";
    let old = |method: &str, _: &Value| match method {
        "GET" => Some((
            200,
            "content-type: text/event-stream\r\n",
            endpoint.to_owned(),
        )),
        _ => Some((405, "", "Method Not Allowed".to_owned())),
    };
    for kind in ["sse", "http"] {
        let host = Host::new();
        host.config(&json!({"type": kind, "url": serve(old)}));
        host.run(&["call", "scripted", "t", "{}"]).fails_with(
            6,
            &[
                "it speaks only HTTP+SSE, the transport of MCP 2024-11-05",
                "HTTP 405",
                "npx mcp-remote",
            ],
        );
    }
    let host = Host::new();
    let no_endpoint = |method: &str, _: &Value| match method {
        "GET" => Some((
            200,
            "content-type: text/event-stream\r\n",
            ": hi\n\n".to_owned(),
        )),
        _ => Some((405, "", "only GET".to_owned())),
    };
    host.config(&json!({"type": "sse", "url": serve(no_endpoint)}));
    host.run(&["call", "scripted", "t", "{}"]).fails_with(
        6,
        &["it answered HTTP 405 Method Not Allowed (no media type): only GET: check that its `url` is the MCP endpoint"],
    );
}

/// What a server of revision 2025-11-25 with one tool answers.
fn known(message: &Value) -> Option<Reply> {
    let result = match message["method"].as_str() {
        Some("initialize") => {
            json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "x", "version": "1"}})
        }
        Some("tools/list") => json!({"tools": [{"name": "t", "inputSchema": {"type": "object"}}]}),
        Some("tools/call") => json!({"content": [{"type": "text", "text": "done"}]}),
        _ if message.get("id").is_some() => return Some((400, "", String::new())),
        _ => return Some((202, "", String::new())),
    };
    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
    let headers = "content-type: application/json\r\nmcp-session-id: s1\r\n";
    Some((200, headers, answer.to_string()))
}

/// An HTTP server whose replies to a method and a message come from `reply`; `None` hangs up.
fn serve<F>(reply: F) -> String
where
    F: Fn(&str, &Value) -> Option<Reply> + Send + Copy + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/mcp", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(stream, reply));
        }
    });
    address
}

fn converse<F: Fn(&str, &Value) -> Option<Reply>>(mut stream: TcpStream, reply: F) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let message = serde_json::from_slice(&body).unwrap_or_default();
    let method = head.split(' ').next().unwrap_or_default();
    let Some((status, headers, text)) = reply(method, &message) else {
        return;
    };
    let length = text.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    // The client may have gone.
    let _ = stream.write_all(format!("{head}{text}").as_bytes());
}
