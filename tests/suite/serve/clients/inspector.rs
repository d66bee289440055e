//! The official inspector in its command-line mode: each command is a client of its own.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::{PATIENCE, Session};
use super::{ACROSS, QUERIES, RESULT, SLOW, http, npm, of, ran, stdio, text, two_servers};
use crate::cli::Host;

const ERAS: [&str; 2] = ["legacy", "modern"];

/// Time in which a command has connected and sent its call.
const CALLED: Duration = Duration::from_secs(3);

#[test]
fn the_inspector_works_over_stdio() {
    let test = "the_inspector_works_over_stdio";
    let Some(inspector) = Inspector::install(test) else {
        return;
    };
    let Some(host) = two_servers(test) else {
        return;
    };
    // Each command is a session of its own, and may end before a server has started. This one keeps their lists.
    let config = host.dir.path().join("mcp.json");
    let mut first = Session::with(&host, &["--config", config.to_str().unwrap()]);
    for (query, hit) in QUERIES {
        first.search_until(query, hit);
    }
    assert_eq!(first.close(), Some(0));
    let (target, _) = stdio(&host);
    for era in ERAS {
        inspector.works(&host, era, &target);
    }
}

#[test]
fn the_inspector_works_over_http_and_its_end_cancels_a_script() {
    let test = "the_inspector_works_over_http_and_its_end_cancels_a_script";
    let Some(inspector) = Inspector::install(test) else {
        return;
    };
    let Some(host) = two_servers(test) else {
        return;
    };
    let (target, _served) = http(&host);
    for era in ERAS {
        inspector.works(&host, era, &target);
    }
    let call = calling("run_script", &json!({ "code": SLOW }));
    let mut command = inspector.command(&host, "modern", &target, &call);
    let mut slow = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(CALLED);
    assert_eq!(slow.try_wait().unwrap(), None, "the slow script is over");
    slow.kill().unwrap();
    slow.wait().unwrap();
    // There is one slot, and the script is a task: it ends when its client has not asked for it for 30 s.
    let call = calling("run_script", &json!({ "code": "export default 'after';" }));
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ended = inspector
            .command(&host, "modern", &target, &call)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&ended.stdout).into_owned();
        if text.contains("after") {
            break;
        }
        assert!(Instant::now() < deadline, "{text}");
    }
}

struct Inspector {
    node: std::path::PathBuf,
    program: std::path::PathBuf,
}

/// The options of a call.
fn calling(tool: &str, arguments: &Value) -> Vec<String> {
    let arguments = arguments.to_string();
    [
        "--method",
        "tools/call",
        "--tool-name",
        tool,
        "--tool-args-json",
        &arguments,
    ]
    .map(str::to_owned)
    .to_vec()
}

impl Inspector {
    fn install(test: &str) -> Option<Self> {
        let (installation, node) = npm(test)?;
        let program =
            "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js";
        Some(Self {
            node,
            program: installation.join(program),
        })
    }

    /// What an agent does, one command each.
    #[track_caller]
    fn works(&self, host: &Host, era: &str, target: &Value) {
        let list = ["--method", "tools/list"].map(str::to_owned);
        let listed = self.result(host, era, target, &list);
        let tools = listed["tools"].as_array().unwrap();
        let names: Vec<_> = tools.iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, ["search_tools", "describe_tools", "run_script"]);

        for (query, hit) in QUERIES {
            let deadline = Instant::now() + PATIENCE;
            loop {
                let query = json!({ "query": query });
                let found = self.call(host, era, target, "search_tools", &query);
                // Servers start beside the first session.
                if text(&found).starts_with(hit) {
                    break;
                }
                assert!(Instant::now() < deadline, "no {hit} in {found}");
            }
        }

        let names = json!({ "names": ["time.convert_time"] });
        let described = self.call(host, era, target, "describe_tools", &names);
        let function = "export function convert_time(args: ";
        assert!(text(&described).contains(function), "{described}");

        let across = self.call(host, era, target, "run_script", &json!({ "code": ACROSS }));
        assert_eq!(ran(&across), ("2 calls", RESULT));
    }

    /// The result of a call, with `isError` where the inspector leaves it out.
    #[track_caller]
    fn call(&self, host: &Host, era: &str, target: &Value, tool: &str, given: &Value) -> Value {
        let result = self.result(host, era, target, &calling(tool, given));
        let content = result["content"].as_array().unwrap();
        assert_eq!(content.len(), 1, "{result}");
        let is_error = result["isError"].as_bool().unwrap_or_default();
        json!({ "text": content[0]["text"], "isError": is_error })
    }

    #[track_caller]
    fn result(&self, host: &Host, era: &str, target: &Value, options: &[String]) -> Value {
        let output = self.command(host, era, target, options).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{options:?}\n{printed}");
        let mut printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        printed["result"].take()
    }

    fn command(&self, host: &Host, era: &str, target: &Value, options: &[String]) -> Command {
        let mut command = of(host, &self.node);
        // Its own settings and logins are of this test, too.
        command
            .env("HOME", host.dir.path())
            .arg(&self.program)
            .arg("--cli");
        command.args(["--protocol-era", era, "--quiet", "--format", "json"]);
        if let Some(url) = target["url"].as_str() {
            command.args(["--transport", "http", "--server-url", url]);
        }
        command.args(options);
        if let Some(program) = target["command"].as_str() {
            let args = target["args"].as_array().unwrap();
            let args = args.iter().map(|argument| argument.as_str().unwrap());
            // The inspector passes no variables on. The lists that the first session kept are found by this one.
            let cache = host.command(&[]);
            let cache = cache.get_envs().find(|(name, _)| *name == "XDG_CACHE_HOME");
            let cache = cache.and_then(|(_, value)| value?.to_str()).unwrap();
            let cache = format!("XDG_CACHE_HOME={cache}");
            command.args(["--", "env", &cache, program]).args(args);
        }
        command
    }
}
