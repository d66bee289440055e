//! What a user began is that user's alone: results, sessions, runs that wait, tasks.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SCOPES, User, guarded, has, run_of};
use crate::serve::ALLOWED;
use crate::serve::approvals::echoed;

const ASKS: &str = "[policy]\nask = [\"scripted/echo\"]\n";

/// Both may do the same.
const ALIKE: &str = "[[serve.authorization.scopes]]\nscope = \"mcp:read\"\n";

const ECHO: &str = "import { echo } from \"mcp:scripted\";\nexport default await echo({ n: 1 });";

#[test]
fn a_user_does_not_see_the_results_of_another() {
    let test = "a_user_does_not_see_the_results_of_another";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let (ann, bob) = (
        issuer.token("ann", "mcp:read"),
        issuer.token("bob", "mcp:read"),
    );
    // Clients of 2026-07-28 have no session: those of one user share results.
    let (first, second) = (User::new(&served, &ann), User::new(&served, &ann));
    let run = run_of(&first.run("export default 'what ann found';"));
    let import = format!("import r from 'run:{run}';\nexport default r;");
    has(&second.run(&import), "what ann found");
    has(
        &User::new(&served, &bob).run(&import),
        "error run_not_found",
    );
    has(
        &User::in_session(&served, &bob).run(&import),
        "error run_not_found",
    );
    // The same in sessions.
    let session = User::in_session(&served, &ann);
    let run = run_of(&session.run("export default 'what ann found later';"));
    let import = format!("import r from 'run:{run}';\nexport default r;");
    has(&session.run(&import), "what ann found later");
    has(
        &User::new(&served, &bob).run(&import),
        "error run_not_found",
    );
}

#[test]
fn a_session_is_not_found_by_another_user() {
    let test = "a_session_is_not_found_by_another_user";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let (ann, bob) = (
        issuer.token("ann", "mcp:read"),
        issuer.token("bob", "mcp:read"),
    );
    let ann = User::in_session(&served, &ann);
    let session = ann.session.clone().unwrap();
    let bob = format!("Authorization: Bearer {bob}");
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let headers = [&*bob, &*session];
    let unknown = [
        "Mcp-Session-Id: 5bd66ef5-0953-49c7-b0d1-f8f4bd33716a",
        &*bob,
    ];
    let stolen = served.send("/mcp", &headers, &list);
    let made_up = served.send("/mcp", &unknown, &list);
    assert_eq!(
        (stolen.status, made_up.status),
        (404, 404),
        "{}",
        stolen.body
    );
    // Nothing tells one from the other.
    assert_eq!(stolen.body, made_up.body);
    let listen = ["Accept: text/event-stream", &*bob, &*session];
    assert_eq!(served.get("/mcp", &listen).status, 404);
    assert_eq!(served.request("DELETE", "/mcp", &headers, "").status, 404);
    has(&ann.run("export default 'still here';"), "still here");
}

#[test]
fn a_run_that_waits_is_not_found_by_another_user_and_the_log_says_for_whom_it_is() {
    let test = "a_run_that_waits_is_not_found_by_another_user_and_the_log_says_for_whom_it_is";
    let Some((issuer, _)) = guarded(test, ASKS, ALIKE) else {
        return;
    };
    let host = crate::serve::approvals::host();
    host.settings(issuer.settings(ASKS, ALIKE));
    let served = issuer.serve(&host, &[]);
    let (ann, bob) = (
        issuer.token("ann", "mcp:read"),
        issuer.token("bob", "mcp:read"),
    );
    let (ann, bob) = (User::new(&served, &ann), User::new(&served, &bob));
    let paused = ann.run(ECHO);
    has(&paused, "paused  run");
    let run = run_of(&paused);
    let text = |body: &str| body[body.find("\"text\"").unwrap()..].to_owned();
    let hidden = bob.resume(&run);
    has(&hidden, "error run_not_found");
    let unknown = bob.resume("r_00000000").replace("r_00000000", &run);
    assert_eq!(
        text(&hidden),
        text(&unknown),
        "nothing says that ann has it"
    );
    // Both the operator's programs say for whom it is.
    let listed = host.run(&["runs"]);
    has(
        &listed.stdout,
        &format!("test 1 for {}", issuer.name("ann")),
    );
    assert_eq!(host.run(&["approve", &run, "--once"]).code, Some(0));
    has(&bob.resume(&run), "error run_not_found");
    assert!(echoed(&host).is_empty());
    has(&ann.resume(&run), "ok  run");
    assert_eq!(echoed(&host), [json!({ "n": 1 })]);
    has(&bob.resume(&run), "error run_not_found");
    drop(served);
    let log = host.run(&["audit", "show", "--format", "json"]);
    let log: Vec<Value> = serde_json::from_str(&log.stdout).unwrap();
    let of = |kind: &str| {
        log.iter()
            .find(|entry| entry["kind"] == *kind && entry["run"] == *run)
    };
    for kind in ["run", "resume"] {
        assert_eq!(of(kind).unwrap()["principal"], issuer.name("ann"), "{kind}");
    }
    assert!(of("decision").unwrap().get("principal").is_none());
    assert_eq!(host.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn the_state_of_a_question_decides_nothing_for_another_user() {
    let test = "the_state_of_a_question_decides_nothing_for_another_user";
    let Some((issuer, _)) = guarded(test, ASKS, ALIKE) else {
        return;
    };
    let host = crate::serve::approvals::host();
    host.settings(issuer.settings(ASKS, ALIKE));
    let served = issuer.serve(&host, &[]);
    let (ann, bob) = (
        issuer.token("ann", "mcp:read"),
        issuer.token("bob", "mcp:read"),
    );
    let (ann, bob) = (User::new(&served, &ann), User::new(&served, &bob));
    let can_ask = json!({ "elicitation": { "form": {} } });
    let call = json!({ "name": "run_script", "arguments": { "code": ECHO } });
    let asked = ann.params(&call, &can_ask);
    let (_, state) = asked.split_once("\"requestState\":\"").unwrap();
    let state = state.split('"').next().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let mut decided = call.clone();
    decided["requestState"] = state.into();
    decided["inputResponses"] =
        json!({ "decision": { "action": "accept", "content": { "decision": "allow once" } } });
    has(&bob.params(&decided, &can_ask), "error run_not_found");
    has(&ann.resume(&run_of(&asked)), "paused  run");
    assert!(echoed(&host).is_empty());
    has(&ann.params(&decided, &can_ask), "ok  run");
    assert_eq!(echoed(&host).len(), 1);
}

#[test]
fn a_task_is_not_found_by_another_user() {
    let test = "a_task_is_not_found_by_another_user";
    let Some((issuer, host)) = guarded(test, ALLOWED, ALIKE) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let (ann, bob) = (
        issuer.token("ann", "mcp:read"),
        issuer.token("bob", "mcp:read"),
    );
    let (ann, bob) = (
        User::in_session(&served, &ann),
        User::in_session(&served, &bob),
    );
    let code = "import { sleep } from \"mcp:scripted\";\nexport default await sleep({ ms: 6000 });";
    let call = json!({ "name": "run_script", "arguments": { "code": code } });
    let created = of_tasks(&ann, "tools/call", &call);
    let (_, id) = created
        .split_once("\"taskId\":\"")
        .unwrap_or_else(|| panic!("{created}"));
    let id = json!({ "taskId": id.split('"').next().unwrap() });
    for method in ["tasks/get", "tasks/cancel"] {
        let answer = of_tasks(&bob, method, &id);
        has(&answer, "\"error\"");
        assert!(!answer.contains("\"working\""), "{answer}");
    }
    has(&of_tasks(&ann, "tasks/get", &id), "\"working\"");
}

/// What a client that knows tasks is answered.
fn of_tasks(user: &User<'_>, method: &str, params: &Value) -> String {
    let mut params = params.clone();
    params["_meta"] = json!({ "io.modelcontextprotocol/clientCapabilities": {
        "extensions": { "io.modelcontextprotocol/tasks": {} },
    } });
    let message = json!({ "jsonrpc": "2.0", "id": 3, "method": method, "params": params });
    user.message(&message).body
}
