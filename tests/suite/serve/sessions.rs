//! Sessions over stdio: concurrent calls, a call that the client cancels, and the end.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Session, ended, host, terminate};

const ENDLESS: &str = "while (true) {}";

#[test]
fn calls_of_one_session_overlap() {
    let host = host();
    let mut session = Session::open(&host);
    let slow = "import { sleep } from \"mcp:scripted\";\nexport default await sleep({ ms: 5000 });";
    let slow = session.send_call("run_script", &json!({ "code": slow }));
    let fast = session.send_call("run_script", &json!({ "code": "export default 1;" }));
    // Answers before the other one, although it was asked later. `wait` would pass over an answer that came before.
    let fast = session.answer(fast);
    assert!(fast.text.ends_with("\n1"), "{}", fast.text);
    let slow = session.answer(slow);
    assert!(slow.text.ends_with("\n\"slept\""), "{}", slow.text);
}

#[test]
fn a_script_that_the_client_cancels_makes_room() {
    let host = host();
    let more = [
        "--fuel",
        "999999999999999",
        "--timeout",
        "10m",
        "--slots",
        "1",
    ];
    let mut session = Session::with(&host, &more);
    assert_eq!(session.result("export default 1;").1, "1");
    let endless = session.send_call("run_script", &json!({ "code": ENDLESS }));
    std::thread::sleep(Duration::from_millis(300));
    let next = session.send_call("run_script", &json!({ "code": "export default 2;" }));
    // A search needs no slot.
    assert!(session.search("").contains("scripted"));
    let cancelled = json!({ "requestId": endless, "reason": "the user pressed Escape" });
    session.notify("notifications/cancelled", &cancelled);
    let next = session.answer(next);
    assert!(next.text.ends_with("\n2"), "{}", next.text);
}

#[test]
fn the_end_of_stdin_ends_it() {
    let host = host();
    let mut session = Session::open(&host);
    session.search_until("echo", "scripted.echo(");
    let asked = Instant::now();
    assert_eq!(session.close(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_client_that_goes_at_once_is_no_error() {
    let ran = host().run(&["serve"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_signal_ends_it_also_in_a_script() {
    let host = host();
    let more = ["--fuel", "999999999999999", "--timeout", "10m"];
    let mut session = Session::with(&host, &more);
    assert_eq!(session.result("export default 1;").1, "1");
    session.send_call("run_script", &json!({ "code": ENDLESS }));
    std::thread::sleep(Duration::from_millis(300));
    let asked = Instant::now();
    terminate(&session.child);
    assert_eq!(ended(&mut session.child), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10));
}
