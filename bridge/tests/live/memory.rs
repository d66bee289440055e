//! How much memory a server can make this process use. Each case runs in a process of its own, because what the system
//! tells is the peak of a whole process.

use std::process::Command;

use super::web::{Reply, Web, modern, text};
use super::*;

/// The longest message that is read, and what the rest of the process may take beside it.
const BOUND: usize = (16 << 20) + (16 << 20);

const CASES: [&str; 9] = [
    "endless",
    "deep",
    "flat",
    "large",
    "flood",
    "flood-stderr",
    "http-endless",
    "http-endless-event",
    "http-bomb",
];

#[test]
fn peak_stays_below_the_longest_message_and_16_mib() {
    for case in CASES {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["memory::one_case", "--exact", "--ignored", "--nocapture"])
            .env("MEMORY_CASE", case)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{case}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[tokio::test]
#[ignore = "the test above runs it, once for each case"]
async fn one_case() {
    let Ok(case) = std::env::var("MEMORY_CASE") else {
        return;
    };
    let web = Web::start(modern(|received| {
        if received.tool() == "read" {
            return received.result(text("warm"));
        }
        let piece = vec![b'x'; 1 << 16];
        match std::env::var("MEMORY_CASE").unwrap().as_str() {
            "http-endless" => Reply::new(200, "application/json", "").repeating(piece, 1 << 14),
            "http-endless-event" => Reply::events("data: ").repeating(piece, 1 << 14),
            _ => Reply::new(200, "application/json", "")
                .with("content-encoding", "gzip")
                .repeating(piece, 1 << 14),
        }
    }))
    .await;
    let (server, warm, tool) = match case.as_str() {
        "http-endless" | "http-endless-event" | "http-bomb" => {
            (web.connect(json!({})).await.unwrap(), "read", "write")
        }
        case => (ok().await, "echo", case),
    };
    server.call(warm, JsonObject::new()).await.unwrap();
    // Resets the peak to what is used now.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let outcome = server.call(tool, JsonObject::new()).await;
    let grown = peak() - before;
    match (case.as_str(), outcome) {
        ("flood" | "flood-stderr", outcome) => drop(outcome.unwrap()),
        ("endless" | "large" | "http-endless" | "http-endless-event", outcome) => {
            assert_eq!(outcome, Err(CallError::TooLarge(16 << 20)));
        }
        ("http-bomb", outcome) => {
            assert!(
                matches!(outcome, Err(CallError::Unavailable(_))),
                "{outcome:?}"
            );
        }
        (_, outcome) => assert!(
            matches!(outcome, Err(CallError::Protocol(_))),
            "{outcome:?}"
        ),
    }
    // The rest of an endless line is still to be read.
    server.call(warm, JsonObject::new()).await.unwrap();
    let grown = grown.max(peak() - before);
    assert!(grown <= BOUND, "{case}: {} MiB", grown >> 20);
}

/// The most memory that this process has had, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kibibytes.parse::<usize>().unwrap() << 10
}
