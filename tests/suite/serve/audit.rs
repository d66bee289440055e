//! What agents do is in the audit log: the client, the script, its calls, and what policy refused.

use serde_json::{Value, json};

use super::{Session, host};
use crate::cli::Host;

fn entries(host: &Host) -> Vec<Value> {
    let ran = host.run(&["audit", "show", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_script_of_an_agent_is_in_the_log_with_its_client_and_its_id() {
    let host = host();
    let mut session = Session::open(&host);
    session.search_until("echo", "scripted");
    let code =
        "import { echo } from \"mcp:scripted\"; export default await echo({ text: \"pr1vate\" });";
    let (id, _) = session.result(code);
    let refused =
        session.run("import { gone } from \"mcp:scripted\"; export default await gone({});");
    let refused_id = super::run_id(&refused.text);
    assert_eq!(session.close(), Some(0));
    let entries = entries(&host);
    let of =
        |id: &str| -> Vec<&Value> { entries.iter().filter(|entry| entry["run"] == *id).collect() };
    let run = of(&id);
    let kinds: Vec<_> = run.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["run", "sent", "call", "end"]);
    for (field, value) in [
        ("by", json!("serve")),
        ("client", json!("test")),
        ("client_version", json!("1")),
        ("session", json!(1)),
    ] {
        assert_eq!(run[0][field], value);
    }
    assert_eq!(
        (&run[2]["tool"], &run[2]["outcome"]),
        (&json!("echo"), &json!("ok"))
    );
    let refused = of(&refused_id);
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (&refused[0]["kind"], &refused[0]["outcome"]),
        (&json!("refused"), &json!("unknown_import"))
    );
    assert!(
        !entries
            .iter()
            .any(|entry| entry.to_string().contains("pr1vate"))
    );
    assert_eq!(host.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn import_that_policy_denies_is_a_decision_in_the_log() {
    let host = host();
    host.file("mcp-host.toml", "[policy]\ndeny = [\"scripted/echo\"]\n");
    let mut session = Session::open(&host);
    session.search_until("echo", "scripted");
    let denied = session
        .run("import { echo } from \"mcp:scripted\"; export default await echo({ text: \"x\" });");
    denied.fails_with("import_denied", &[]);
    let id = super::run_id(&denied.text);
    assert_eq!(session.close(), Some(0));
    let entries = entries(&host);
    let found: Vec<_> = entries.iter().filter(|entry| entry["run"] == *id).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["decision"], &found[0]["outcome"]),
        (&json!("deny"), &json!("import_denied"))
    );
    let rule = found[0]["rule"].as_str().unwrap();
    assert!(rule.contains("rule `scripted/echo`"), "{rule}");
}

#[test]
fn call_of_direct_mode_is_in_the_log_with_its_client() {
    let host = host();
    let mut session = Session::with(&host, &["--direct"]);
    let id = session.send_call("scripted_echo", &json!({ "text": "pr1vate" }));
    assert!(session.wait(id)["result"].is_object());
    assert_eq!(session.close(), Some(0));
    let entries = entries(&host);
    let kinds: Vec<_> = entries.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["file", "direct", "sent", "call"]);
    assert_eq!(
        (&entries[1]["by"], &entries[1]["client"]),
        (&json!("serve --direct"), &json!("test"))
    );
    assert_eq!(
        (&entries[3]["tool"], &entries[3]["outcome"]),
        (&json!("echo"), &json!("ok"))
    );
    assert!(
        !entries
            .iter()
            .any(|entry| entry.to_string().contains("pr1vate"))
    );
}

#[test]
fn calls_of_direct_mode_have_the_outcomes_of_other_calls_and_say_that_the_cache_answered() {
    let host = host();
    let mut server = super::scripted();
    server["cache"] = json!({ "tools": ["echo"] });
    super::configure(&host, &json!({ "scripted": server }));
    host.settings("[policy]\nallow = [\"scripted/echo\", \"scripted/fail\"]\n");
    let mut session = Session::with(&host, &["--direct"]);
    for tool in ["echo", "echo", "fail"] {
        let id = session.send_call(&format!("scripted_{tool}"), &json!({ "text": "x" }));
        assert!(session.wait(id)["result"].is_object());
    }
    assert_eq!(session.close(), Some(0));
    let entries = entries(&host);
    let calls = entries.iter().filter(|entry| entry["kind"] == "call");
    let calls: Vec<_> = calls
        .map(|entry| {
            let of = |field: &str| entry[field].as_str().unwrap_or("-").to_owned();
            [of("tool"), of("decision"), of("outcome"), of("source")].join(" ")
        })
        .collect();
    assert_eq!(
        calls,
        [
            "echo allow ok -",
            "echo allow ok cache",
            "fail allow tool-error -",
        ]
    );
}

#[test]
fn denied_calls_of_direct_mode_are_in_the_log_with_their_rule() {
    let host = host();
    let settings = |policy: &str| host.file("mcp-host.toml", format!("[policy]\n{policy}\n"));
    // Whatever the arguments: the tool is not listed, and the call of one who knows its name is refused.
    settings("deny = [\"scripted/echo\"]");
    let call = |text: &str| {
        let mut session = Session::with(&host, &["--direct"]);
        let id = session.send_call("scripted_echo", &json!({ "text": text }));
        let answer = session.wait(id);
        assert_eq!(session.close(), Some(0));
        answer
    };
    let answer = call("x");
    let why = answer["error"]["message"].as_str().unwrap();
    assert!(why.contains("policy does not allow it"), "{answer}");
    // For these arguments.
    settings(
        "deny = [{ tool = \"scripted/echo\", where = { \"/text\" = { equals = \"s3cret\" } } }]",
    );
    let answer = call("s3cret");
    let why = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(why.starts_with("error import_denied"), "{answer}");
    assert_ne!(call("other")["result"]["isError"], json!(true));
    let entries = entries(&host);
    let of = |kind: &str| {
        entries
            .iter()
            .filter(|entry| entry["kind"] == *kind)
            .count()
    };
    assert_eq!((of("direct"), of("sent"), of("call")), (3, 1, 3));
    let calls: Vec<_> = entries
        .iter()
        .filter(|entry| entry["kind"] == "call")
        .collect();
    for denied in &calls[..2] {
        assert_eq!(denied["decision"], json!("deny"), "{denied}");
        assert_eq!(denied["outcome"], json!("denied"), "{denied}");
        assert_eq!(denied["tool"], json!("echo"), "{denied}");
        let rule = denied["rule"].as_str().unwrap();
        assert!(rule.contains("scripted/echo"), "{rule}");
    }
    assert_eq!(calls[2]["outcome"], json!("ok"));
    assert!(entries.iter().all(|entry| entry["arguments"].is_null()));
}
