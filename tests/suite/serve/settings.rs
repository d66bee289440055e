//! Policy and limits that change while they are in use, and what a script of an agent cannot have at all.

use super::{ALLOWED, Session, host};
use crate::cli::Host;

const ECHO: &str = "import { echo } from \"mcp:scripted\";\nexport default await echo({});";

#[test]
fn a_rule_that_is_added_counts_from_the_next_run() {
    let host = Host::new();
    host.scripted("ok");
    let mut session = Session::open(&host);
    let asks = session.run(ECHO);
    assert!(asks.text.starts_with("paused  "), "{}", asks.text);
    host.settings(ALLOWED);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    host.settings("[policy]\ndeny = [\"scripted/*\"]\n");
    session
        .run(ECHO)
        .fails_with("import_denied", &["policy denies tool `scripted/echo`"]);
}

#[test]
fn a_limit_that_changes_counts_from_the_next_run() {
    let host = host();
    let mut session = Session::open(&host);
    let twice =
        "import { echo } from \"mcp:scripted\";\nawait echo({});\nexport default await echo({});";
    assert_eq!(session.result(twice).1, "\"{}\"");
    host.settings(format!("{ALLOWED}\n[limits]\ncalls = 1\n"));
    session
        .run(twice)
        .fails_with("limit_calls", &["1 call made"]);
}

#[test]
fn settings_that_break_keep_the_last_good_ones_and_every_answer_says_so() {
    let host = host();
    let mut session = Session::open(&host);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    host.settings("[policy\n");
    let warning = "warning: the settings are not read again, and the last good ones are in force: ";
    let answer = session.run(ECHO);
    assert!(!answer.is_error, "{}", answer.text);
    assert!(answer.text.contains(warning), "{}", answer.text);
    assert!(answer.text.contains("mcp-host.toml"), "{}", answer.text);
    assert!(session.search("").contains(warning));
    host.settings(ALLOWED);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
}

#[test]
fn more_memory_than_a_slot_has_needs_another_start() {
    let host = host();
    let mut session = Session::open(&host);
    assert_eq!(session.result("export default 1;").1, "1");
    host.settings("[limits]\nmemory = \"512MiB\"\n");
    let answer = session.run("export default 1;");
    assert!(!answer.is_error, "{}", answer.text);
    let warning = "512 MiB is more than the 256 MiB of a slot: start `mcp-host serve` again";
    assert!(answer.text.contains(warning), "{}", answer.text);
}

#[test]
fn what_keeps_or_writes_something_is_refused_with_what_to_do() {
    let host = host();
    let mut session = Session::open(&host);
    session
        .run("import { state } from \"mcp-host\";\nexport default await state.get(\"a\");")
        .fails_with(
            "import_denied",
            &["  no call was made\n", "\"state\"", "run:ID"],
        );
    session
        .run("import { writeFile } from \"mcp-host\";\nexport default await writeFile(\"/a\", \"b\");")
        .fails_with(
            "import_denied",
            &["  no call was made\n", "script.ts:1:10  \"writeFile\"", "call a tool"],
        );
    let listed =
        "import { listDir } from \"mcp-host\";\nexport default await listDir(\"/mcp-tools\");";
    assert!(!session.run(listed).is_error);
}
