//! The client of an agent: starts `mcp-host serve`, and speaks lines of JSON-RPC with it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use mcp_tests::binary;
use serde_json::{Value, json};

/// A session with a server of its own, which ends with it.
pub struct Agent {
    child: Child,
    /// Closed at the end.
    stdin: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
    last: u64,
}

impl Agent {
    /// Starts `mcp-host serve` with the configuration and the settings in this home directory, and shakes hands.
    #[must_use]
    pub fn start(home: &Path) -> Self {
        let mut child = Command::new(binary("mcp-host"))
            .arg("serve")
            .arg("--config")
            .arg(home.join("mcp.json"))
            .env_clear()
            .env("HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut agent = Self {
            stdin: child.stdin.take(),
            lines: BufReader::new(child.stdout.take().unwrap()),
            child,
            last: 0,
        };
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "bench", "version": "1" }
        });
        agent.request("initialize", &hello);
        agent.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        agent
    }

    /// The process of the server.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The tools that the agent sees.
    pub fn tools(&mut self) -> Value {
        let result = self.request("tools/list", &json!({}));
        assert_eq!(result["tools"].as_array().unwrap().len(), 3);
        result
    }

    /// Runs a script, and gives the text of the answer.
    pub fn script(&mut self, code: &str) -> String {
        self.call("run_script", &json!({ "code": code }))
    }

    /// Waits until the tools of so many servers are known.
    pub fn wait_for_servers(&mut self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let hits = self.call("search_tools", &json!({ "query": "", "limit": 50 }));
            let known = hits.matches("  3 tools").count();
            if known >= count {
                return;
            }
            assert!(Instant::now() < deadline, "{known} of {count}: {hits}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> String {
        let params = json!({ "name": tool, "arguments": arguments });
        let result = self.request("tools/call", &params);
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        assert_ne!(result["isError"], true, "{text}");
        text
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "serve ended");
            let mut message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{line}");
                return message["result"].take();
            }
        }
    }

    fn write(&mut self, message: &Value) {
        writeln!(self.stdin.as_ref().unwrap(), "{message}").unwrap();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It ends its servers, and then itself.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}
