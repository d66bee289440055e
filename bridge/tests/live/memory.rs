//! How much memory a server can make this process use. Each case runs in a process of its own, because what the system
//! tells is the peak of a whole process.

use std::process::Command;

use super::web::{Reply, Web, modern, text};
use super::*;

/// How many calls are made at once where that is the point.
const AT_ONCE: usize = 24;

/// The longest message that is read, what the rest of the process may take beside it, and the rounding of the
/// allocator and the kernel.
const BOUND: usize = (16 << 20) + (16 << 20) + (1 << 20);

const CASES: [&str; 13] = [
    "endless",
    "deep",
    "flat",
    "large",
    "flood",
    "flood-stderr",
    "http-endless",
    "http-endless-event",
    "http-bomb",
    "long-ids",
    "deaf",
    "untaken",
    "http-untaken",
];

/// Structured content that would take far more memory as a tree than as text: a name, what is repeated, and how often
/// it may be, which is as often as fits into the longest message.
const HEAVY: [(&str, &str, usize); 6] = [
    ("numbers", "0,", 8_388_000),
    ("arrays", "[0],", 4_194_000),
    ("objects", r#"{"":0},"#, 2_396_000),
    ("keys", r#"{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0},"#, 441_000),
    ("strings", r#""abcdefgh","#, 1_525_000),
    ("text", "TEXT", 16_350),
];

#[test]
fn peak_stays_below_the_longest_message_and_16_mib() {
    let heavy = HEAVY.iter().flat_map(|(name, ..)| {
        let ways = ["", "http-", "event-"];
        ways.map(|way| format!("{way}{name}"))
    });
    for case in CASES.iter().map(|case| (*case).to_owned()).chain(heavy) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["memory::one_case", "--exact", "--ignored", "--nocapture"])
            .env("MEMORY_CASE", &case)
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
// Long: one arm for each hostile answer.
async fn one_case() {
    let Ok(case) = std::env::var("MEMORY_CASE") else {
        return;
    };
    let heavy = HEAVY.iter().find(|(name, ..)| case.ends_with(name));
    let (unit, count) = heavy.map_or(("", 0), |(_, unit, count)| (*unit, *count));
    let unit = unit.replace("TEXT", &format!("\"{}\\n\",", "x".repeat(1019)));
    // What the web server has ready, and what it wrote, is in this process too.
    let share = match case.as_str() {
        event if event.starts_with("event-") => 5,
        http if http.starts_with("http-") => 4,
        _ => 1,
    };
    let count = count / share;
    let repeated = unit.clone();
    let web = Web::start(modern(move |received| {
        if received.tool() == "read" {
            return received.result(text("warm"));
        }
        let id = &received.body["id"];
        let values = repeated.repeat(count);
        let answer = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"structuredContent":[{values}0]}}}}"#
        );
        if received.tool() == "write" && case_is("http-untaken") {
            return received.result(text(&"x".repeat(8 << 20)));
        }
        let piece = vec![b'x'; 1 << 16];
        match std::env::var("MEMORY_CASE").unwrap().as_str() {
            heavy if heavy.starts_with("event-") => Reply::events(format!("data: {answer}\n\n")),
            _ if count > 0 => Reply::new(200, "application/json", answer),
            "http-endless" => Reply::new(200, "application/json", "").repeating(piece, 1 << 14),
            "http-endless-event" => Reply::events("data: ").repeating(piece, 1 << 14),
            _ => Reply::new(200, "application/json", "")
                .with("content-encoding", "gzip")
                .repeating(piece, 1 << 14),
        }
    }))
    .await;
    let (server, warm, tool) = match case.as_str() {
        case if case.starts_with("event-") => {
            (web.connect(json!({})).await.unwrap(), "read", "write")
        }
        case if count > 0 && case.starts_with("http-") => {
            (web.connect(json!({})).await.unwrap(), "read", "write")
        }
        _ if count > 0 => (ok().await, "echo", "repeat"),
        "http-endless" | "http-endless-event" | "http-bomb" | "http-untaken" => {
            (web.connect(json!({})).await.unwrap(), "read", "write")
        }
        "untaken" => (ok().await, "echo", "eight-mebibytes"),
        "long-ids" | "deaf" => {
            let server = connect("ok", json!({"tool_timeout_sec": 4})).await.unwrap();
            (server, "echo", case.as_str())
        }
        case => (ok().await, "echo", case),
    };
    server.call(warm, JsonObject::new()).await.unwrap();
    // Resets the peak to what is used now.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let given = json!({"unit": unit, "count": count});
    if matches!(case.as_str(), "deaf" | "untaken" | "http-untaken") {
        let refused = many_at_once(&server, tool).await;
        let grown = peak() - before;
        // What the callers hold is theirs: the arguments of each call, or the answers that they took.
        let theirs = if case == "deaf" {
            AT_ONCE * (2 << 20)
        } else {
            0
        };
        // In the process of the web server there are its own copies of what it sends.
        let bound = 2 * BOUND + theirs;
        if case != "http-untaken" {
            assert!(grown <= bound, "{case}: {} MiB", grown >> 20);
        }
        assert_eq!(refused > 0, case == "deaf", "{refused} were refused");
        return;
    }
    let outcome = server.call(tool, arguments(&given)).await;
    let grown = peak() - before;
    match (case.as_str(), outcome) {
        (_, outcome) if count > 0 => drop(outcome.unwrap()),
        ("long-ids", outcome) => {
            assert_eq!(
                outcome,
                Err(CallError::TimedOut(Duration::from_secs(4).into()))
            );
            assert!(grown <= BOUND, "{case}: {} MiB", grown >> 20);
            return;
        }
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
        ("flat", outcome) => assert_eq!(outcome, Err(CallError::TooMuchMemory(32 << 20))),
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

/// Makes many calls at once and looks at none of the answers for a while. Says how many calls were not sent, because
/// too much waits for the server already.
async fn many_at_once(server: &Server, tool: &str) -> usize {
    let length = if tool == "deaf" { 2 << 20 } else { 0 };
    let arguments = arguments(&json!({"text": "x".repeat(length)}));
    let mut calls: Vec<_> = (0..AT_ONCE)
        .map(|_| Box::pin(server.call(tool, arguments.clone())))
        .collect();
    for call in &mut calls {
        assert!(futures_util::poll!(call).is_pending());
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut refused = 0;
    for call in calls {
        match call.await {
            Ok(answer) => assert_eq!(super::text(&answer).len(), 8 << 20),
            Err(CallError::Throttled { limit, .. }) => {
                assert!(
                    limit.contains("does not read what is sent to it"),
                    "{limit}"
                );
                refused += 1;
            }
            Err(CallError::TimedOut(_)) if tool == "deaf" => {}
            Err(error) => panic!("{error}"),
        }
    }
    refused
}

fn case_is(case: &str) -> bool {
    std::env::var("MEMORY_CASE").is_ok_and(|set| set == case)
}

/// The most memory that this process has had, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kibibytes.parse::<usize>().unwrap() << 10
}
