//! The errors that one request alone does not reach: the session has asked too much, the process ends, the OS gives no
//! memory.

use std::process::Command;
use std::time::Duration;

use mcp_tests::binary;
use serde_json::{Value, json};

use super::super::{PATIENCE, Session, clients, terminate};
use super::{host, is_golden, plain, refuses_credentials};

pub(super) const CODES: [&str; 3] = ["busy", "cancelled", "internal"];

/// One slot, and no limit that ends an endless script.
const ENDLESS: [&str; 6] = [
    "--fuel",
    "999999999999999",
    "--timeout",
    "10m",
    "--slots",
    "1",
];

const CODE: &str = "while (true) {}";

/// Half of the scripts that wait or run with one slot, and one more.
const TOO_MANY: usize = 33;

/// A script of so many of these that its parser wants a stack of 1.5 GiB.
const LONG: (&str, usize) = ("1;", 130_000);

/// Leaves the process 512 MiB of address space.
fn starve(pid: u32) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmSize:"));
    let kib: u64 = line
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap();
    let most = (kib << 10) + (512 << 20);
    let prlimit = Command::new("prlimit")
        .args(["--pid", &pid.to_string(), &format!("--as={most}")])
        .status();
    assert!(prlimit.unwrap().success());
}

#[test]
fn a_session_that_asks_too_much_gets_its_text() {
    let login = refuses_credentials();
    let host = host(&login);
    let mut session = Session::with(&host, &ENDLESS);
    for _ in 0..TOO_MANY {
        session.send_call("run_script", &json!({ "code": CODE }));
    }
    // The first answer of all: each of the others comes after 30 s at the earliest.
    let line = session.lines.recv_timeout(PATIENCE).unwrap();
    let message: Value = serde_json::from_str(&line).unwrap();
    let text = message["result"]["content"][0]["text"].as_str().unwrap();
    is_golden("busy", &plain(text, &host, &login));
}

#[test]
fn a_run_that_ends_with_the_process_gets_its_text() {
    let login = refuses_credentials();
    let host = host(&login);
    let mut session = Session::with(&host, &ENDLESS);
    let run = session.send_call("run_script", &json!({ "code": CODE }));
    std::thread::sleep(Duration::from_secs(1));
    terminate(&session.child);
    let answer = session.answer(run);
    is_golden("cancelled", &plain(&answer.text, &host, &login));
}

#[test]
fn a_host_without_memory_for_the_parser_gets_its_text() {
    let login = refuses_credentials();
    let host = host(&login);
    let mut session = Session::open(&host);
    assert_eq!(session.result("export default 1;").1, "1");
    starve(session.child.id());
    let (part, times) = LONG;
    let answer = session.run(&part.repeat(times));
    is_golden("internal", &plain(&answer.text, &host, &login));
    // Only this text was too long.
    assert_eq!(session.result("export default 1;").1, "1");
}

/// The official SDK gets the same texts.
#[test]
fn the_typescript_sdk_gets_the_texts_of_a_crowd() {
    let test = "the_typescript_sdk_gets_the_texts_of_a_crowd";
    let login = refuses_credentials();
    let host = host(&login);
    let call = |code: &str| json!({ "name": "run_script", "arguments": { "code": code } });
    let endless = [&["serve"][..], &ENDLESS].concat();
    let own = json!({ "command": binary("mcp-host"), "args": endless });
    let (part, times) = LONG;
    let plans = [
        json!({ "target": own, "call": call(CODE), "times": TOO_MANY }),
        json!({ "target": own, "call": call(CODE), "terminate": 1_000 }),
        json!({ "target": own, "call": call(part), "starve": times }),
    ];
    for (code, plan) in CODES.into_iter().zip(plans) {
        let Some(answer) = clients::planned(test, &host, plan) else {
            return;
        };
        assert_eq!(answer["isError"], true, "{answer}");
        let text = answer["content"][0]["text"].as_str().unwrap();
        is_golden(code, &plain(text, &host, &login));
    }
}
