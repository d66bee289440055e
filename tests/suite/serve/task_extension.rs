//! The Tasks extension: a client that declares it gets a task for a script that takes long.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PATIENCE, Session, host};

/// What a request of a client that knows tasks has in `_meta`.
fn meta() -> Value {
    json!({ "io.modelcontextprotocol/clientCapabilities": {
        "extensions": { "io.modelcontextprotocol/tasks": {} },
    } })
}

fn run(session: &mut Session, code: &str) -> Value {
    let params = json!({
        "name": "run_script", "arguments": { "code": code }, "_meta": meta(),
    });
    session.request("tools/call", &params)["result"].take()
}

fn task(session: &mut Session, method: &str, id: &Value) -> Value {
    session.request(method, &json!({ "taskId": id, "_meta": meta() }))
}

/// Asks until the task is no longer under way.
fn ended(session: &mut Session, id: &Value) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let state = task(session, "tasks/get", id)["result"].take();
        if state["status"] != "working" {
            return state;
        }
        assert!(Instant::now() < deadline, "{state}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn slow(ms: u32) -> String {
    format!(
        "import {{ sleep }} from \"mcp:scripted\";\nexport default await sleep({{ ms: {ms} }});"
    )
}

#[test]
fn a_script_that_takes_long_becomes_a_task_with_the_same_answer() {
    let host = host();
    let mut session = Session::open(&host);
    let extensions = &session.opened["capabilities"]["extensions"];
    assert!(
        extensions.get("io.modelcontextprotocol/tasks").is_some(),
        "{}",
        session.opened
    );
    let created = run(&mut session, &slow(6_000));
    assert_eq!(created["status"], "working", "{created}");
    assert_eq!(created["statusMessage"], "the script runs", "{created}");
    let done = ended(&mut session, &created["taskId"]);
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["statusMessage"], "the script has ended", "{done}");
    let text = done["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("ok  run r_") && text.ends_with("\n\"slept\""),
        "{text}"
    );
}

#[test]
fn a_short_script_needs_no_task_and_a_client_without_tasks_gets_none() {
    let host = host();
    let mut session = Session::open(&host);
    // The engine is loaded once, which may take longer than a moment.
    session.result("export default 0;");
    let answer = run(&mut session, "export default 1;");
    assert!(answer.get("taskId").is_none(), "{answer}");
    assert!(
        answer["content"][0]["text"]
            .as_str()
            .unwrap()
            .ends_with("\n1"),
        "{answer}"
    );
    let answer = session.run(&slow(3_000));
    assert!(answer.text.ends_with("\n\"slept\""), "{}", answer.text);
    let refused = session.request("tasks/get", &json!({ "taskId": "1" }));
    assert_eq!(refused["error"]["code"], -32021, "{refused}");
}

#[test]
fn a_task_that_is_cancelled_ends_its_script() {
    let host = host();
    let mut session = Session::with(&host, &["--slots", "1", "--timeout", "10m"]);
    let created = run(&mut session, &slow(590_000));
    let id = &created["taskId"];
    assert!(id.is_string(), "{created}");
    task(&mut session, "tasks/cancel", id);
    assert_eq!(ended(&mut session, id)["status"], "cancelled");
    // The only slot is free again.
    assert_eq!(session.result("export default 1;").1, "1");
}

#[test]
fn the_status_of_a_task_says_what_its_script_waits_for() {
    let host = host();
    let mut session = Session::with(&host, &["--slots", "1", "--timeout", "10m"]);
    let first = run(&mut session, &slow(590_000));
    assert_eq!(first["statusMessage"], "the script runs", "{first}");
    let second = run(&mut session, &slow(1));
    let waits = "the script waits for a free slot";
    assert_eq!(second["statusMessage"], waits, "{second}");
    task(&mut session, "tasks/cancel", &first["taskId"]);
    let done = ended(&mut session, &second["taskId"]);
    assert_eq!(done["statusMessage"], "the script has ended", "{done}");
}
