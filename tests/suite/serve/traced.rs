//! The trace of a client goes on to the servers that its script calls, also where this program exports nothing.

use serde_json::{Value, json};

use super::Session;
use super::approvals::host;
use crate::cli::Host;

const PARENT: &str = "00-7c1bb0ab2c1e4c0f9a0d6d1f5e2b3a44-91f0d2c3b4a59687-01";

/// The `_meta` of every call of a tool that reached the server.
fn metas(host: &Host) -> Vec<Value> {
    let seen = std::fs::read_to_string(host.dir.path().join("seen.jsonl")).unwrap();
    let messages = seen
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let calls = messages.filter(|message| message["method"] == "tools/call");
    calls.map(|call| call["params"]["_meta"].clone()).collect()
}

fn call(session: &mut Session, meta: &Value) {
    let code = "import { sleep } from \"mcp:scripted\"; export default await sleep({ ms: 1 });";
    let params = json!({ "name": "run_script", "arguments": { "code": code }, "_meta": meta });
    let answer = session.request("tools/call", &params);
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("ok  "), "{answer}");
}

#[test]
fn a_server_gets_the_trace_of_the_client_and_no_baggage() {
    let host = host();
    let mut session = Session::open(&host);
    let meta = json!({ "traceparent": PARENT, "tracestate": "a=1", "baggage": "user=ada" });
    call(&mut session, &meta);
    call(&mut session, &json!({}));
    call(
        &mut session,
        &json!({ "traceparent": "00-none", "tracestate": "a=1" }),
    );
    assert_eq!(session.close(), Some(0));
    let metas = metas(&host);
    assert_eq!(metas.len(), 3, "{metas:?}");
    let trace =
        |meta: &Value| ["traceparent", "tracestate", "baggage"].map(|key| meta[key].clone());
    assert_eq!(trace(&metas[0]), [json!(PARENT), json!("a=1"), Value::Null]);
    for meta in &metas[1..] {
        assert_eq!(trace(meta), [Value::Null, Value::Null, Value::Null]);
    }
}
