//! Third-party servers over HTTP on this machine: one of revision 2025-11-25, and one that speaks 2026-07-28.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mcp_bridge::{CallToolResult, Client, Config, ConnectOptions, JsonObject};
use serde_json::{Value, json};

use super::pinned::{self, Pinned};
use crate::install;

/// A server on a port of its own, which ends with the test.
struct Listening {
    child: Child,
    port: u16,
}

impl Listening {
    fn start(command: &mut Command, port: u16) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "no server listens on {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, port }
    }

    async fn connect(&self) -> Client {
        let url = format!("http://127.0.0.1:{}/mcp", self.port);
        let config = json!({"mcpServers": {"far": {"url": url}}}).to_string();
        let config = Config::parse(&config, Path::new("mcp.json")).unwrap();
        Client::connect(config.server("far").unwrap(), ConnectOptions::default())
            .await
            .unwrap()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn called(server: &Client, tool: &str, arguments: Value) -> CallToolResult {
    let arguments: JsonObject = arguments.as_object().unwrap().clone();
    *server.call(tool, arguments).await.unwrap().result
}

#[tokio::test]
async fn everything_serves_the_revision_with_a_handshake() {
    let test = "everything_serves_the_revision_with_a_handshake";
    let Some(Pinned { command, args, .. }) = pinned::everything(test) else {
        return;
    };
    let port = free_port();
    let mut command = Command::new(command);
    command
        .args(args)
        .arg("streamableHttp")
        .env("PORT", port.to_string());
    let listening = Listening::start(&mut command, port);
    let server = listening.connect().await;
    assert_eq!(server.protocol(), "2025-11-25");
    let answer = called(&server, "echo", json!({"message": "hé"})).await;
    assert_eq!(answer.content[0].as_text().unwrap().text, "Echo: hé");
    // It reports its progress in a stream of events before it answers.
    let long = json!({"duration": 0.4, "steps": 4});
    called(&server, "trigger-long-running-operation", long).await;
    server.close().await;
}

#[tokio::test]
async fn python_sdk_serves_the_stateless_revision() {
    let test = "python_sdk_serves_the_stateless_revision";
    let Some(installation) = install::python(test, "tests/servers", "python") else {
        return;
    };
    let port = free_port();
    let mut command = Command::new(installation.join("bin/python"));
    let script = mcp_tests::root().join("tests/servers/dual.py");
    command.arg(script).arg(port.to_string());
    let listening = Listening::start(&mut command, port);
    let server = listening.connect().await;
    assert_eq!(server.protocol(), "2026-07-28");
    let answer = called(&server, "add", json!({"a": 2, "b": 40})).await;
    assert_eq!(answer.structured_content.unwrap(), json!({"result": 42}));
    server.close().await;
}
