//! A server that wants a login: no token and no secret of it comes to a collector.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::collector::Collector;

const SECRET: &str = "canary-secret-4e71f0c2";
const TOKEN: &str = "canary-token-9a63be18";

/// A server that is its own authorization server, for as long as the process lives. It repeats what it is sent.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let own = base.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A client that hangs up needs no answer.
            let _ = answer(stream, &own);
        }
    });
    base
}

fn answer(mut stream: TcpStream, base: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut sent) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => sent = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let result = |result: Value| {
        (
            200,
            json!({"jsonrpc": "2.0", "id": message["id"], "result": result}),
        )
    };
    let (status, body) = match path.as_str() {
        "/.well-known/oauth-protected-resource/mcp" => (
            200,
            json!({"resource": format!("{base}/mcp"), "authorization_servers": [base]}),
        ),
        "/.well-known/oauth-authorization-server" => (
            200,
            json!({"issuer": base, "token_endpoint": format!("{base}/token")}),
        ),
        "/token" => (
            200,
            json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}),
        ),
        "/mcp" if sent != format!("Bearer {TOKEN}") => (401, json!({"sent": sent})),
        "/mcp" => match message["method"].as_str() {
            Some("initialize") => result(json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "far", "version": "1"},
            })),
            Some("tools/list") => {
                let tool = |name| json!({"name": name, "inputSchema": {"type": "object"}});
                let tools = ["good", "bad"].map(tool);
                result(json!({ "tools": tools }))
            }
            Some("tools/call") if message["params"]["name"] == "good" => {
                result(json!({"content": [{"type": "text", "text": "done"}]}))
            }
            Some("tools/call") => (500, json!({"sent": sent})),
            _ if message["id"].is_null() => (202, Value::Null),
            _ => (
                400,
                json!({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": sent}}),
            ),
        },
        _ => (404, Value::Null),
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_token_of_a_login_and_the_secret_of_its_client_are_not_sent() {
    let collector = Collector::start();
    let dir = tempfile::tempdir().unwrap();
    let entry = json!({
        "url": format!("{}/mcp", server()),
        "oauth": {"grant": "client_credentials", "clientId": "robot", "clientSecret": SECRET},
    });
    let config = json!({"mcpServers": {"far": entry}});
    std::fs::write(dir.path().join("mcp.json"), config.to_string()).unwrap();
    for (tool, code) in [("good", 0), ("bad", 6)] {
        let output = Command::new(env!("CARGO_BIN_EXE_mcp-host"))
            .args(["call", "far", tool])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .env("XDG_STATE_HOME", dir.path().join("state"))
            .env("XDG_CONFIG_HOME", dir.path().join("config"))
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address)
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains(TOKEN) && !said.contains(SECRET), "{said}");
    }
    let requests = collector.requests();
    assert!(!requests.is_empty());
    for (head, body) in &requests {
        let text = String::from_utf8_lossy(body);
        for secret in [SECRET, TOKEN] {
            assert!(!head.contains(secret) && !text.contains(secret), "{text}");
        }
    }
}
