//! The errors of runs that waited for their user.

use serde_json::{Value, json};

use super::super::Session;
use super::super::approvals::{host, ledger, run_of};
use super::{is_golden, plain};
use crate::cli::Host;

pub(super) const CODES: [&str; 4] = [
    "approval_denied",
    "approval_expired",
    "replay_diverged",
    "run_expired",
];

const CODE: &str = "import { echo, sleep } from \"mcp:scripted\";\n\
                    await sleep({ ms: 1 });\n\
                    export default await echo({ n: 1 });";

/// A run that waits.
fn paused(session: &mut Session) -> String {
    let answer = session.call("run_script", &json!({ "code": CODE }));
    run_of(&answer.text)
}

fn check(code: &str, host: &Host, session: &mut Session, run: &str) {
    let answer = session.call("run_script", &json!({ "resume": run }));
    assert!(answer.is_error, "{answer:?}");
    is_golden(code, &plain(&answer.text, host, "no address"));
}

#[test]
fn a_run_that_waited_for_its_user_gets_the_text_of_each_error() {
    let host = host();
    let mut session = Session::open(&host);

    let run = paused(&mut session);
    let refused = host.run(&["approve", &run, "--deny", "--because", "not on a Friday"]);
    assert_eq!(refused.code, Some(0), "{}", refused.stderr);
    check("approval_denied", &host, &mut session, &run);
    check("run_expired", &host, &mut session, &run);

    let run = paused(&mut session);
    let info = ledger(&host, &run).with_file_name("run.json");
    let mut text: Value = serde_json::from_slice(&std::fs::read(&info).unwrap()).unwrap();
    text["expires"] = json!("2020-01-01T00:00:00.000Z");
    std::fs::write(&info, text.to_string()).unwrap();
    check("approval_expired", &host, &mut session, &run);

    // The script is not the one that began.
    let run = paused(&mut session);
    assert_eq!(host.run(&["approve", &run, "--once"]).code, Some(0));
    let source = ledger(&host, &run).with_file_name("source");
    std::fs::write(&source, CODE.replace("n: 1", "n: 2")).unwrap();
    check("replay_diverged", &host, &mut session, &run);
}
