//! `mcp-host replay` takes the ledger of a run that is over for a recording.

use super::super::Session;
use super::{ECHO, echoed, host, ledger, resume, run, run_of};

#[test]
fn a_run_that_waited_is_replayed_from_its_ledger() {
    let host = host();
    let script = host.file("s.ts", ECHO);
    let script = script.to_str().unwrap();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    host.run(&["replay", &id, script])
        .fails_with(2, &["the run is not over"]);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let done = resume(&mut session, &id);
    assert!(done.text.starts_with("ok  "), "{done:?}");
    let result = done.text.lines().nth(1).unwrap();
    for recording in [id.as_str(), ledger(&host, &id).to_str().unwrap()] {
        let replayed = host.run(&["replay", recording, script]);
        assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
        assert_eq!(replayed.stdout.trim(), result);
    }
    assert_eq!(echoed(&host).len(), 1, "a replay calls no server");
    let other = host.file("other.ts", ECHO.replace("n: 1", "n: 2"));
    let other = host.run(&["replay", &id, other.to_str().unwrap()]);
    other.fails_with(1, &["call 1 (tool scripted/echo) differs"]);
}

#[test]
fn a_refusal_of_the_user_is_replayed_and_a_run_that_was_given_up_is_not() {
    let host = host();
    let script = host.file("script.ts", ECHO);
    // The error names the file, so that a replay takes the name that the run had.
    let script = script.to_str().unwrap();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    assert_eq!(host.run(&["approve", &id, "--deny"]).code, Some(0));
    resume(&mut session, &id);
    let replayed = host.run(&["replay", &id, script]);
    assert_eq!(replayed.code, Some(4), "{}", replayed.stderr);
    assert!(
        replayed.stderr.contains("the user refused the call"),
        "{}",
        replayed.stderr
    );
    let id = run_of(&run(&mut session, ECHO).text);
    assert_eq!(host.run(&["runs", "cancel", &id]).code, Some(0));
    host.run(&["replay", &id, script])
        .fails_with(2, &["did not end by itself (cancelled)"]);
    host.run(&["replay", "r_00000000", script])
        .fails_with(2, &["no run `r_00000000` is kept"]);
}
