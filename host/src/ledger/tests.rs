//! Tests of what of a ledger stays in its file, and what is said of its calls.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::recording::{Call, Header, VERSION};
use crate::rules::limits::Limits;

fn new_file(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
        .unwrap()
}

/// A ledger with a call of so many bytes that was answered with as many, and one that waits.
pub(crate) fn written(path: &Path, bytes: usize) -> Ledger {
    let header = Header {
        version: VERSION,
        digest: "0".repeat(64),
        input: RawValue::from_string("{}".to_owned()).unwrap(),
        invoke: None,
        seed: Some(1),
        clock: None,
        limits: Limits::default(),
    };
    let hints = json!({ "tool-definition": { "server": "s", "tool": {
        "name": "look", "inputSchema": {}, "annotations": { "readOnlyHint": true },
    } } });
    let mut ledger = Ledger::begin(new_file(path), header, &[hints]).unwrap();
    let text = "x".repeat(bytes);
    let call = |tool: &str| Call::Tool {
        server: "s".to_owned(),
        tool: tool.to_owned(),
        arguments: json!({ "text": text }),
    };
    let answer = json!({ "result": { "content": [], "structured": text } }).to_string();
    let answer = RawValue::from_string(answer).unwrap();
    for (n, tool) in [(1, "look"), (2, "write")] {
        let line = StartLine {
            n,
            call: &call(tool),
            began: 2 * n as u64 - 1,
            asks: (n == 2).then_some("a rule"),
            covered: false,
            refused: false,
            drift: None,
        };
        ledger.file.append(&line).unwrap();
        if n == 1 {
            let line = AnswerLine {
                n,
                ended: 2,
                answer: &answer,
            };
            ledger.file.append(&line).unwrap();
        }
    }
    drop(ledger);
    Ledger::open(path).unwrap()
}

#[test]
fn arguments_and_answers_stay_in_the_file_until_they_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = written(&dir.path().join("l"), 1 << 20);
    let kept: usize = ledger.calls.iter().map(Entry::weight).sum();
    assert!(kept < 2_000, "{kept}");
    let first = ledger.calls().next().unwrap();
    let text = first.arguments().unwrap()["text"].as_str().unwrap();
    assert_eq!(text.len(), 1 << 20);
    let [question] = &ledger.questions()[..] else {
        panic!("one call waits");
    };
    assert_eq!((question.n, question.tool.as_str()), (2, "write"));
    assert_eq!(question.arguments["text"].as_str().unwrap().len(), 1 << 20);
}

#[test]
fn a_long_line_is_written_in_pieces_and_read_as_any_other() {
    let dir = tempfile::tempdir().unwrap();
    for bytes in [0, 1, (64 << 10) - 60, 64 << 10, 300 << 10] {
        let path = dir.path().join(format!("l{bytes}"));
        let mut ledger = written(&path, 1);
        let result = json!({ "text": "x".repeat(bytes) });
        let text = RawValue::from_string(format!("{{\n\"text\":{}}}", result["text"])).unwrap();
        let end = EndLine {
            end: true,
            outcome: "finished",
            detail: &serde_json::Map::new(),
            result: &crate::recording::InLine::Json(&text),
            fuel: 1,
        };
        ledger.file.append_long(&end).unwrap();
        ledger.file.append(&json!({ "later": true })).unwrap();
        drop(ledger);
        let read = Ledger::open(&path).unwrap();
        assert_eq!(read.result(), Some(result.to_string()), "{bytes}");
    }
}

#[test]
fn a_long_line_without_room_leaves_the_ledger_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    let mut ledger = written(&path, 1);
    let before = std::fs::metadata(&path).unwrap().len();
    let huge = "x".repeat(usize::try_from(crate::recording::MAX_BYTES).unwrap());
    let error = ledger.file.append_long(&json!({ "text": huge }));
    assert_eq!(error.unwrap_err().kind(), std::io::ErrorKind::FileTooLarge);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), before);
    ledger.cancel("enough").unwrap();
    drop(ledger);
    assert_eq!(Ledger::open(&path).unwrap().outcome(), Some("cancelled"));
}

#[test]
fn a_tool_that_only_reads_changes_nothing_and_a_call_that_waits_has_not_yet() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = written(&dir.path().join("l"), 1);
    let changed = |ledger: &Ledger| {
        let calls = ledger.calls().map(|call| call.may_have_changed());
        calls.collect::<Vec<_>>()
    };
    assert_eq!(changed(&ledger), [false, false]);
    ledger.calls[1].sent = true;
    assert_eq!(changed(&ledger), [false, true]);
}

#[test]
fn a_line_that_is_changed_after_it_was_read_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    let ledger = written(&path, 8);
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.find("xxxxxxxx").unwrap() as u64;
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(b"y", at).unwrap();
    assert!(ledger.file.line(&ledger.calls[0].start).is_err());
    assert_eq!(ledger.calls().next().unwrap().arguments(), None);
}

#[test]
fn a_line_without_room_on_the_disk_leaves_no_piece_of_it() {
    const CHILD: &str = "MCP_HOST_TEST_FULL_DISK";
    if let Some(path) = std::env::var_os(CHILD) {
        let path = Path::new(&path);
        let mut ledger = written(path, 1);
        let line = json!({ "text": "x".repeat(200) });
        while ledger.file.append(&line).is_ok() {}
        let before = std::fs::read(path).unwrap();
        assert_eq!(before.last(), Some(&b'\n'), "a piece stands there");
        assert!(before.len() < 4 << 10 && before.len() > 3 << 10);
        drop(ledger);
        assert!(Ledger::open(path).is_ok());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let name = "ledger::tests::a_line_without_room_on_the_disk_leaves_no_piece_of_it";
    // A file of more than 8 blocks fails as on a full disk, where the signal about it is ignored.
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact \"$1\" --nocapture 2>&1 | cat";
    let child = std::process::Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(CHILD, dir.path().join("l"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn the_end_of_the_last_line_may_not_be_another_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    drop(written(&path, 1));
    let whole = std::fs::read(&path).unwrap();
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    for other in [b' ', b'x', 0] {
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() = other;
        std::fs::write(&path, changed).unwrap();
        let error = Ledger::open(&path).err().unwrap().to_string();
        assert!(
            error.starts_with(&format!("line {lines} of the ledger was changed")),
            "{error}"
        );
    }
    // A writer that was killed leaves any part of a line.
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    for end in last..whole.len() {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert_eq!(Ledger::open(&path).unwrap().calls().len(), 1, "{end}");
    }
}

#[test]
fn a_decision_about_a_lost_answer_decides_nothing_when_the_next_answer_is_lost_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    let mut ledger = written(&path, 1);
    let decided = || Decided {
        allow: true,
        scope: Scope::Once,
        because: None,
        by: "a person".to_owned(),
        at: std::time::SystemTime::UNIX_EPOCH,
    };
    // The call is allowed, leaves, and its process is killed: each time it asks again.
    let mut asked: Vec<Question> = Vec::new();
    for _ in 0..4 {
        let [question] = &ledger.questions()[..] else {
            panic!("one call waits");
        };
        for earlier in &asked {
            assert_ne!(earlier.digest(), question.digest());
            assert!(ledger.decide(earlier, decided()).is_err());
        }
        asked.push(question.clone());
        ledger.decide(question, decided()).unwrap();
        ledger.file.append(&SentLine { n: 2, sent: true }).unwrap();
        drop(ledger);
        ledger = Ledger::open(&path).unwrap();
    }
    assert_eq!(asked[1].kind, QuestionKind::Unanswered);
    assert_eq!(asked[1].kind, asked[2].kind);
}
