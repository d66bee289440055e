//! `mcp-host stats`: what `run` and `serve` counted, and nothing that a tool or a user said.

use std::process::Stdio;

use serde_json::{Value, json};

use super::Host;

fn stats(host: &Host, args: &[&str]) -> Value {
    let ran = host.run(&[&["stats", "--format", "json"], args].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn script(host: &Host, text: &str) -> String {
    host.file("s.ts", text).to_str().unwrap().to_owned()
}

#[test]
fn each_run_counts_its_calls_and_bytes() {
    let host = Host::new();
    host.run(&["stats"]).is(
        0,
        "",
        "no run is counted yet; `mcp-host run` and `mcp-host serve` count theirs\n",
    );
    host.scripted("tools");
    let text = "import { echo } from \"mcp:scripted\";\n\
                const all = await Promise.all([echo({ text: \"pr1vate\" }), echo({ text: \"pr1vate\" })]);\n\
                export default all.length;";
    let script = script(&host, text);
    let ran = host.run(&["run", &script, "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let used = &report["tools"]["scripted/echo"];
    assert_eq!(used["calls"], 2, "{}{}", ran.stdout, ran.stderr);
    host.run(&["run", &script]);
    let bytes = used["bytes_out"].as_u64().unwrap() * 2;
    let total = json!({
        "runs": 2, "failed": 0, "calls": 4, "errors": 0,
        "bytes_to_tools": used["bytes_in"].as_u64().unwrap() * 2, "bytes_from_tools": bytes,
        // The result of each run is `2`.
        "bytes_to_model": 2, "bytes_saved": bytes - 2,
    });
    let found = stats(&host, &["--by", "tool"]);
    assert_eq!(found["total"], total);
    assert_eq!(found["tools"][0]["name"], "scripted/echo");
    assert_eq!(
        stats(&host, &["--by", "day", "--since", "1h"])["days"][0]["calls"],
        4
    );
    assert_eq!(stats(&host, &["--since", "2100-01-01"])["total"]["runs"], 0);
    let shown = host.run(&["stats"]).stdout;
    assert!(
        shown.starts_with("SERVER    RUNS") && shown.contains("\ntotal "),
        "{shown}"
    );
    let kept =
        std::fs::read_to_string(host.dir.path().join("state/mcp-host/stats/runs.jsonl")).unwrap();
    assert!(!kept.contains("pr1vate"), "{kept}");
    host.run(&["stats", "--since", "soon"])
        .fails_with(2, &["write a duration such as `7d`"]);
}

#[test]
fn script_of_an_agent_counts_with_the_bytes_of_its_answer() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let host = Host::new();
    host.scripted("tools");
    let mut serve = host.command(&["serve"]);
    let mut serve = serve
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, stdout) = (serve.stdin.take().unwrap(), serve.stdout.take().unwrap());
    let mut lines = BufReader::new(stdout).lines();
    let mut answer = |id: u64| loop {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        if line["id"] == id {
            return line["result"].clone();
        }
    };
    let mut send = |message: Value| writeln!(stdin, "{message}").unwrap();
    let client = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    send(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}));
    answer(1);
    send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let call = json!({"name": "run_script", "arguments": {"code": "export default 1 + 1"}});
    send(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}));
    let answered = answer(2);
    let text = answered["content"][0]["text"].as_str().unwrap();
    drop(stdin);
    serve.wait().unwrap();
    let total = &stats(&host, &[])["total"];
    assert_eq!(
        (&total["runs"], &total["bytes_to_model"]),
        (&json!(1), &json!(text.len())),
        "{text}"
    );
}
