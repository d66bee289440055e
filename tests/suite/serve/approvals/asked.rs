//! The user is asked by the client, in both revisions: by a request of the server, or by an answer that needs input.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::Session;
use super::{ECHO, echoed, host, run_of};

/// A session whose client can ask.
fn session(host: &crate::cli::Host) -> Session {
    Session::of(host, &[], "2025-11-25", &json!({ "elicitation": {} }))
}

/// Sends the script, and waits for the question of the server.
fn question(session: &mut Session) -> (u64, Value) {
    let call = session.send_call("run_script", &json!({ "code": ECHO }));
    (call, session.wait_for("elicitation/create"))
}

/// As long as a person takes at least.
pub(super) const THOUGHT: Duration = Duration::from_millis(700);

/// Answers as a person does where the answer decides, and else at once.
pub(super) fn say(session: &mut Session, question: &Value, result: &Value) {
    if result["action"] == "accept" {
        std::thread::sleep(THOUGHT);
    }
    session.write(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }));
}

#[test]
fn a_client_with_a_form_asks_and_the_call_goes_on() {
    for (decision, start, seen) in [
        ("allow once", "ok  ", 1),
        ("refuse", "error approval_denied  ", 0),
    ] {
        let host = host();
        let mut session = session(&host);
        let (call, question) = question(&mut session);
        let params = &question["params"];
        assert!(
            params["message"]
                .as_str()
                .unwrap()
                .contains("scripted.echo {\"n\":1}"),
            "{question}"
        );
        let choices = &params["requestedSchema"]["properties"]["decision"]["enum"];
        assert_eq!(
            *choices,
            json!(["refuse", "allow once", "allow for this run"])
        );
        let content = json!({ "decision": decision });
        say(
            &mut session,
            &question,
            &json!({ "action": "accept", "content": content }),
        );
        let answer = session.answer(call);
        assert!(answer.text.starts_with(start), "{answer:?}");
        assert_eq!(echoed(&host).len(), seen);
    }
}

#[test]
fn a_client_that_declines_by_itself_leaves_the_run_paused() {
    let host = host();
    let mut session = session(&host);
    let (call, question) = question(&mut session);
    say(&mut session, &question, &json!({ "action": "decline" }));
    let answer = session.answer(call);
    assert!(answer.text.starts_with("paused  "), "{answer:?}");
    assert!(
        answer
            .text
            .ends_with("The client answered by itself: the user was not asked."),
        "{answer:?}"
    );
    // The user decides elsewhere.
    let id = run_of(&answer.text);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let answer = session.call("run_script", &json!({ "resume": id }));
    assert!(answer.text.starts_with("ok  "), "{answer:?}");
    assert_eq!(echoed(&host).len(), 1);
}

#[test]
fn an_answer_that_comes_after_the_wait_decides_nothing() {
    let host = host();
    let capabilities = json!({ "elicitation": {} });
    let mut session = Session::of(&host, &["--wait", "1s"], "2025-11-25", &capabilities);
    let (call, question) = question(&mut session);
    std::thread::sleep(std::time::Duration::from_millis(1_300));
    let content = json!({ "decision": "allow once" });
    say(
        &mut session,
        &question,
        &json!({ "action": "accept", "content": content }),
    );
    let answer = session.answer(call);
    assert!(
        answer.text.starts_with("error approval_expired  "),
        "{answer:?}"
    );
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_late_answer_of_a_client_of_2026_decides_nothing() {
    let host = host();
    let mut session = Session::start(&host, &["--wait", "1s"]);
    let code = json!({ "code": ECHO });
    let asked = modern(&mut session, &code, &json!({}));
    let state = asked["result"]["requestState"].as_str().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_300));
    let allow =
        json!({ "decision": { "action": "accept", "content": { "decision": "allow once" } } });
    let more = json!({ "requestState": state, "inputResponses": allow });
    let late = modern(&mut session, &code, &more);
    let text = late["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("error approval_expired  "), "{late}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_person_who_declines_refuses_the_call() {
    let host = host();
    let mut session = session(&host);
    let (call, question) = question(&mut session);
    // Longer than any client needs to decline by itself.
    std::thread::sleep(std::time::Duration::from_millis(700));
    say(&mut session, &question, &json!({ "action": "decline" }));
    let answer = session.answer(call);
    assert!(
        answer.text.starts_with("error approval_denied  "),
        "{answer:?}"
    );
    assert!(echoed(&host).is_empty());
}

#[test]
fn an_answer_that_is_no_decision_leaves_the_run_paused() {
    for result in [
        json!({ "action": "cancel" }),
        json!({ "action": "accept" }),
        json!({ "action": "accept", "content": { "decision": "yes, all" } }),
        json!({ "action": "accept", "content": { "decision": true } }),
    ] {
        let host = host();
        let mut session = session(&host);
        let (call, question) = question(&mut session);
        say(&mut session, &question, &result);
        let answer = session.answer(call);
        assert!(answer.text.starts_with("paused  "), "{result}: {answer:?}");
        assert!(echoed(&host).is_empty());
    }
}

/// A client of 2026-07-28 that can ask.
pub(super) fn modern(session: &mut Session, arguments: &Value, more: &Value) -> Value {
    let mut params = json!({
        "name": "run_script",
        "arguments": arguments,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
        },
    });
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
    if params.get("inputResponses").is_some() {
        std::thread::sleep(THOUGHT);
    }
    session.request("tools/call", &params)
}

#[test]
fn a_client_that_allows_at_once_did_not_ask_a_person() {
    let host = host();
    let mut session = session(&host);
    let (call, question) = question(&mut session);
    let result = json!({ "action": "accept", "content": { "decision": "allow once" } });
    session.write(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }));
    let answer = session.answer(call);
    assert!(answer.text.starts_with("paused  "), "{answer:?}");
    assert!(
        answer
            .text
            .ends_with("The client answered by itself: the user was not asked."),
        "{answer:?}"
    );
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_question_without_an_answer_in_time_is_cancelled() {
    let host = host();
    let capabilities = json!({ "elicitation": {} });
    let mut session = Session::of(&host, &["--hold", "1s"], "2025-11-25", &capabilities);
    let (call, question) = question(&mut session);
    let cancelled = session.wait_for("notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], question["id"]);
    assert!(session.answer(call).text.starts_with("paused  "));
}

#[test]
fn a_client_of_2026_gets_what_to_ask_and_brings_the_decision_back() {
    let host = host();
    let mut session = Session::modern(&host);
    let code = json!({ "code": ECHO });
    let asked = modern(&mut session, &code, &json!({}));
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required", "{asked}");
    let request = &result["inputRequests"]["decision"];
    assert_eq!(request["method"], "elicitation/create");
    assert!(
        request["params"]["message"]
            .as_str()
            .unwrap()
            .contains("scripted.echo"),
        "{asked}"
    );
    let state = result["requestState"].as_str().unwrap();

    // A state that was made up, or changed, decides nothing.
    let allow =
        json!({ "decision": { "action": "accept", "content": { "decision": "allow once" } } });
    let mut changed = state.to_owned();
    let last = changed.pop().unwrap();
    changed.push(if last == 'A' { 'B' } else { 'A' });
    for state in [changed.as_str(), "rs1.e30.e30", ""] {
        let more = json!({ "requestState": state, "inputResponses": allow });
        let refused = modern(&mut session, &code, &more);
        assert!(refused.get("error").is_some(), "{refused}");
    }
    assert!(echoed(&host).is_empty());

    let more = json!({ "requestState": state, "inputResponses": allow });
    let done = modern(&mut session, &code, &more);
    let text = done["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("ok  "), "{done}");
    assert_eq!(echoed(&host).len(), 1);
    // The same decision is not made twice.
    let again = modern(&mut session, &code, &more);
    assert!(
        again["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("finished before"),
        "{again}"
    );
    assert_eq!(echoed(&host).len(), 1);
}

#[test]
fn a_decision_elsewhere_settles_the_open_form_and_the_run_goes_on() {
    let host = host();
    let mut session = session(&host);
    let (call, question) = question(&mut session);
    let id = run_of(question["params"]["message"].as_str().unwrap());
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    // The form leaves the screen, and the call goes on by itself.
    let cancelled = session.wait_for("notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], question["id"]);
    let answer = session.answer(call);
    assert!(answer.text.starts_with("ok  "), "{answer:?}");
    assert_eq!(echoed(&host).len(), 1);
    // What the user still says in the form decides nothing, and the session goes on.
    let content = json!({ "decision": "allow for this run" });
    let late = json!({ "action": "accept", "content": content });
    say(&mut session, &question, &late);
    let again = session.call("run_script", &json!({ "resume": id }));
    assert!(again.text.starts_with("ok  "), "{again:?}");
    assert_eq!(echoed(&host).len(), 1);
}

#[test]
fn a_run_that_is_cancelled_elsewhere_takes_its_form_back() {
    let host = host();
    let mut session = session(&host);
    let (call, question) = question(&mut session);
    let id = run_of(question["params"]["message"].as_str().unwrap());
    assert_eq!(host.run(&["runs", "cancel", &id]).code, Some(0));
    let cancelled = session.wait_for("notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], question["id"]);
    let answer = session.answer(call);
    assert!(answer.text.starts_with("error run_expired  "), "{answer:?}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_client_of_2026_that_answers_after_a_decision_elsewhere_decides_nothing() {
    let host = host();
    let mut session = Session::start(&host, &[]);
    let code = json!({ "code": ECHO });
    let asked = modern(&mut session, &code, &json!({}));
    let state = asked["result"]["requestState"].as_str().unwrap();
    let runs = host.run(&["runs", "--format", "json"]).stdout;
    let runs: Value = serde_json::from_str(&runs).unwrap();
    let id = runs[0]["run"].as_str().unwrap();
    assert_eq!(host.run(&["approve", id, "--deny"]).code, Some(0));
    let allow =
        json!({ "decision": { "action": "accept", "content": { "decision": "allow once" } } });
    let more = json!({ "requestState": state, "inputResponses": allow });
    let late = modern(&mut session, &code, &more);
    let text = late["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("error approval_denied  "), "{late}");
    assert!(echoed(&host).is_empty());
}
