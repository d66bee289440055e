//! What the audit log says of a run that waits for its user: one story, in order, under one id.

use serde_json::{Value, json};

use super::super::Session;
use super::asked::THOUGHT;
use super::{ECHO, echoed, host, resume, run, run_of};
use crate::cli::Host;

/// The entries of one run, in their order.
fn story(host: &Host, run: &str) -> Vec<Value> {
    let shown = host.run(&["audit", "show", "--run", run, "--format", "json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert_eq!(host.run(&["audit", "verify"]).code, Some(0));
    serde_json::from_str(&shown.stdout).unwrap()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    let kinds = entries.iter().map(|entry| entry["kind"].as_str().unwrap());
    kinds.collect()
}

#[test]
fn an_approved_call_shows_who_decided_how_and_why_it_was_asked() {
    let host = host();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    assert_eq!(host.run(&["approve", &id, "--run=3"]).code, Some(0));
    let done = resume(&mut session, &id);
    assert!(done.text.starts_with("ok  "), "{done:?}");
    assert_eq!(session.close(), Some(0));
    let story = story(&host, &id);
    assert_eq!(
        kinds(&story),
        [
            "run", "pause", "ask", "decision", "resume", "sent", "call", "end"
        ]
    );
    let [_, pause, ask, decision, resumed, sent, call, end] = &story[..] else {
        panic!("{story:?}");
    };
    assert_eq!(pause["outcome"], "paused");
    assert_eq!(ask["decision"], "ask");
    for (field, value) in [
        ("decision", json!("approved")),
        ("channel", json!("command-line")),
        ("more", json!(3)),
        ("server", json!("scripted")),
        ("tool", json!("echo")),
    ] {
        assert_eq!(decision[field], value);
    }
    assert!(decision["user"].is_string(), "{decision}");
    assert_eq!(ask["digest"].as_str().unwrap().len(), 16);
    assert_eq!(ask["digest"], decision["digest"]);
    let rule = ask["rule"].as_str().unwrap();
    assert!(rule.contains("ask = \"scripted/echo\""), "{rule}");
    for entry in [decision, sent, call] {
        assert_eq!(
            (&entry["decision"], &entry["rule"], &entry["call"]),
            (&json!("approved"), &ask["rule"], &ask["call"])
        );
    }
    assert_eq!(
        (&resumed["by"], &end["outcome"]),
        (&json!("serve"), &json!("finished"))
    );
    let shown = host.run(&["audit", "show", "--run", &id]).stdout;
    assert!(
        shown.contains("(command-line)  and 3 more calls of it"),
        "{shown}"
    );
}

#[test]
fn a_refused_call_says_so_with_the_words_of_the_user() {
    let host = host();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    let deny = ["approve", &id, "--deny", "--because", "not on a Friday"];
    assert_eq!(host.run(&deny).code, Some(0));
    resume(&mut session, &id);
    assert_eq!(session.close(), Some(0));
    let story = story(&host, &id);
    assert_eq!(
        kinds(&story),
        ["run", "pause", "ask", "decision", "resume", "call", "end"]
    );
    assert_eq!(
        (&story[3]["decision"], &story[3]["because"]),
        (&json!("denied"), &json!("not on a Friday"))
    );
    let call = &story[5];
    assert_eq!(
        (&call["decision"], &call["outcome"], &call["rule"]),
        (&json!("denied"), &json!("denied"), &story[2]["rule"])
    );
}

#[test]
fn a_client_that_asks_is_the_channel_and_is_named() {
    let host = host();
    let mut session = Session::of(&host, &[], "2025-11-25", &json!({ "elicitation": {} }));
    let call = session.send_call("run_script", &json!({ "code": ECHO }));
    let question = session.wait_for("elicitation/create");
    let result = json!({ "action": "accept", "content": { "decision": "allow once" } });
    std::thread::sleep(THOUGHT);
    session.write(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }));
    let id = run_of(&session.answer(call).text);
    assert_eq!(session.close(), Some(0));
    let story = story(&host, &id);
    let decision = story
        .iter()
        .find(|entry| entry["kind"] == "decision")
        .unwrap();
    assert_eq!(
        (
            &decision["channel"],
            &decision["client"],
            &decision["decision"]
        ),
        (&json!("client"), &json!("test"), &json!("approved"))
    );
}

#[test]
fn the_end_of_a_wait_is_in_the_log() {
    let host = host();
    let mut session = Session::with(&host, &["--wait", "1s"]);
    let late = run_of(&run(&mut session, ECHO).text);
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    let answer = resume(&mut session, &late);
    assert!(
        answer.text.starts_with("error approval_expired"),
        "{answer:?}"
    );
    let cancelled = run_of(&run(&mut session, ECHO).text);
    assert_eq!(host.run(&["runs", "cancel", &cancelled]).code, Some(0));
    assert_eq!(session.close(), Some(0));
    assert_eq!(
        kinds(&story(&host, &late)),
        ["run", "pause", "ask", "expire"]
    );
    assert_eq!(
        kinds(&story(&host, &cancelled)),
        ["run", "pause", "ask", "cancel"]
    );
}

#[test]
fn an_allowed_call_has_the_rule_that_allows_it() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { sleep } from \"mcp:scripted\"; export default await sleep({ ms: 1 });";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(session.close(), Some(0));
    let story = story(&host, &id);
    let call = story.iter().find(|entry| entry["kind"] == "call").unwrap();
    let rule = call["rule"].as_str().unwrap();
    assert!(rule.starts_with("allow = \"scripted/sleep\" of "), "{rule}");
    assert_eq!(call["decision"], "allow");
}

#[test]
fn a_run_of_a_command_has_one_id_over_its_parts() {
    let host = host();
    host.file("mcp-host.toml", "[policy]\nask = [\"scripted/echo\"]\n");
    let path = host.file("s.ts", ECHO);
    let path = path.to_str().unwrap();
    let first = host.run(&["run", path]);
    assert_eq!(first.code, Some(7), "{}", first.stderr);
    let id = run_of(&first.stderr);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let resumed = host.run(&["run", path, "--resume", &id]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    assert_eq!(
        kinds(&story(&host, &id)),
        [
            "run", "pause", "ask", "decision", "resume", "sent", "call", "end"
        ]
    );
    let listed = host.run(&["runs"]).stdout;
    assert!(listed.contains(&format!("{id}  finished  ")), "{listed}");
    let shown = host.run(&["runs", "show", &id]).stdout;
    assert!(
        shown.contains("done, may have changed something"),
        "{shown}"
    );
}

#[test]
fn a_run_goes_on_only_with_the_configuration_that_it_began_with() {
    let host = host();
    host.file("mcp-host.toml", "[policy]\nask = [\"scripted/echo\"]\n");
    let path = host.file("s.ts", ECHO);
    let path = path.to_str().unwrap();
    let id = run_of(&host.run(&["run", path]).stderr);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let config = std::fs::read(host.dir.path().join("mcp.json")).unwrap();
    host.file("other.json", config);
    let other = host.run(&["run", path, "--resume", &id, "--config", "other.json"]);
    other.fails_with(
        2,
        &["other.json", "mcp.json", "began with the configuration"],
    );
    assert_eq!(host.run(&["run", path, "--resume", &id]).code, Some(0));
}

#[test]
fn a_server_with_another_configuration_does_not_go_on_with_a_run() {
    let host = host();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let config = std::fs::read(host.dir.path().join("mcp.json")).unwrap();
    let other = host.file("other.json", config);
    let mut other = Session::with(&host, &["--config", other.to_str().unwrap()]);
    let refused = resume(&mut other, &id);
    assert!(
        refused.text.starts_with("error run_not_found")
            && refused.text.contains("another configuration"),
        "{refused:?}"
    );
    assert!(resume(&mut session, &id).text.starts_with("ok  "));
    assert_eq!(echoed(&host).len(), 1);
}
