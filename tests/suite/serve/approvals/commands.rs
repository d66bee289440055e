//! Runs of `mcp-host run` that wait for their user, and what is said of runs that do not go on.

use serde_json::Value;

use super::super::Session;
use super::{ECHO, echoed, host, ledger, resume, run, run_of};

#[test]
fn a_run_that_cannot_go_on_says_which_calls_it_made_before() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo, sleep } from \"mcp:scripted\";\n\
                await sleep({ ms: 1 });\n\
                export default await echo({ n: 1 });";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let info = ledger(&host, &id).with_file_name("run.json");
    let before = std::fs::read(&info).unwrap();
    std::fs::write(&info, "{").unwrap();
    let answer = resume(&mut session, &id);
    let unknown = "calls may have been made: do not rerun blindly";
    assert!(
        answer
            .text
            .starts_with(&format!("error internal  run {id}  {unknown}\n")),
        "{answer:?}"
    );
    std::fs::write(&info, before).unwrap();
    host.settings("[policy]\ndeny = [\"scripted/echo\"]\n");
    let known = "1 call made, 1 may have changed data: do not rerun blindly";
    let answer = resume(&mut session, &id);
    assert!(
        answer
            .text
            .starts_with(&format!("error import_denied  run {id}  {known}\n")),
        "{answer:?}"
    );
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_script_of_the_user_waits_as_long_as_it_said_and_no_agent_goes_on_with_it() {
    let host = host();
    host.file("add.ts", ECHO);
    let first = host.run(&["run", "add.ts", "--wait", "10m", "--format", "json"]);
    assert_eq!(first.code, Some(7), "{}", first.stderr);
    let report: Value = serde_json::from_str(&first.stdout).unwrap();
    let id = report["run"].as_str().unwrap();
    assert_eq!(report["outcome"], "paused");
    assert_eq!(report["questions"][0]["tool"], "echo", "{report}");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let again = host.run(&["run", "add.ts", "--resume", id, "--format", "json"]);
    assert_eq!(again.code, Some(7), "{}", again.stderr);
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["expires"], report["expires"]);

    let mut session = Session::open(&host);
    let refused = resume(&mut session, id);
    let first = refused.text.lines().next().unwrap();
    assert_eq!(
        first,
        format!("error run_not_found  run {id}  no call was made")
    );
    assert!(refused.text.contains("`mcp-host run`"), "{refused:?}");

    let approved = host.run(&["approve", id, "--once"]);
    assert!(
        approved
            .stderr
            .contains(&format!("with all of its options, and `--resume {id}`")),
        "{}",
        approved.stderr
    );
    let shown = host.run(&["runs", "show", id]);
    assert!(
        shown.stdout.contains("scripted/echo  allowed  "),
        "{}",
        shown.stdout
    );
    let done = host.run(&["run", "add.ts", "--resume", id]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(echoed(&host).len(), 1);
}

#[test]
fn a_call_that_the_user_refused_is_named_with_its_place() {
    let host = host();
    host.file("add.ts", ECHO);
    let first = host.run(&["run", "add.ts"]);
    let id = run_of(&first.stderr);
    assert_eq!(host.run(&["approve", &id, "--deny"]).code, Some(0));
    let ended = host.run(&["run", "add.ts", "--resume", &id]);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("error: add.ts:2:20  scripted.echo: the user refused the call"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_run_that_cannot_be_recorded_leaves_the_file_as_it_is() {
    let host = host();
    host.file("add.ts", ECHO);
    let kept = host.file("kept.jsonl", "a recording\n");
    let refused = host.run(&["run", "add.ts", "--record", "kept.jsonl"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "a recording\n");
    let refused = host.run(&["run", "add.ts", "--record", "new.jsonl"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(!host.dir.path().join("new.jsonl").exists());
}

#[test]
fn a_denial_of_the_policy_after_a_refusal_of_the_user_is_import_denied() {
    let host = host();
    host.settings(
        "[policy]\nask = [\"scripted/echo\"]\n\
         deny = [{ tool = \"scripted/echo\", where = { \"/n\" = { equals = 2 } } }]\n",
    );
    let mut session = Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                await echo({ n: 1 }).catch(() => null);\n\
                export default await echo({ n: 2 });";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(host.run(&["approve", &id, "--deny"]).code, Some(0));
    let answer = resume(&mut session, &id);
    assert!(
        answer.text.starts_with(&format!(
            "error import_denied  run {id}  no call was made\n"
        )),
        "{answer:?}"
    );
}

#[test]
fn a_granted_directory_that_is_missing_is_an_error_of_a_script_too() {
    let host = host();
    host.file("one.ts", "export default 1;");
    let run = |dir: &str| host.run(&["run", "one.ts", "--dir", dir]);
    run("nope::/data").fails_with(2, &["failed to open the granted directory `nope`"]);
    run("one.ts::/data").fails_with(2, &["failed to open the granted directory `one.ts`"]);
    assert_eq!(run(".::/data").code, Some(0));
}

#[test]
fn a_line_of_a_ledger_that_ends_otherwise_is_named_by_the_list_of_runs_too() {
    let host = host();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    let path = ledger(&host, &id);
    let bytes = std::fs::read(&path).unwrap();
    let ends = (0..bytes.len()).filter(|at| bytes[*at] == b'\n');
    for (at, line) in ends.zip(1..) {
        let mut changed = bytes.clone();
        changed[at] = b'x';
        std::fs::write(&path, &changed).unwrap();
        let listed = host.run(&["runs"]);
        let named = format!("warning: run {id}: line {line} of the ledger was changed");
        assert!(listed.stderr.contains(&named), "{line}: {}", listed.stderr);
        assert!(
            listed.stdout.contains(&format!("{id}  damaged")),
            "{}",
            listed.stdout
        );
        assert!(mcp_host::Ledger::open(&path).is_err(), "line {line}");
    }
    std::fs::write(&path, &bytes).unwrap();
    let listed = host.run(&["runs"]);
    assert!(
        listed.stdout.contains(&format!("{id}  paused")),
        "{}",
        listed.stdout
    );
}
