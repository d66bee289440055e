//! `approve --always`: the line that is shown, the file that is written, and what it means from then on.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use super::super::Session;
use super::{ECHO, echoed, host, resume, run, run_of};
use crate::cli::Host;

/// A host without a rule for `echo`.
fn plain(settings: Option<&str>) -> (Host, PathBuf) {
    let host = host();
    let path = host.settings(settings.unwrap_or_default());
    if settings.is_none() {
        std::fs::remove_file(&path).unwrap();
    }
    (host, path)
}

#[test]
fn the_line_is_shown_and_written_and_counts_for_agents_alone() {
    let (host, path) = plain(None);
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    // In a pipe, it is shown and not written.
    let shown = host.run(&["approve", &id, "--always"]);
    let name = path.to_str().unwrap();
    let line = "+ allow = [\"scripted/echo\"]";
    shown.fails_with(
        2,
        &[
            &format!("{name} (new)"),
            "+ [policy.agents]",
            line,
            "`--yes`",
        ],
    );
    assert!(!path.exists());
    let written = host.run(&["approve", &id, "--always", "--yes"]);
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    assert!(written.stderr.contains(line), "{}", written.stderr);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "[policy.agents]\nallow = [\"scripted/echo\"]\n");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(resume(&mut session, &id).text.starts_with("ok  "));
    let again = run(&mut session, ECHO);
    assert!(again.text.starts_with("ok  "), "{again:?}");
    assert_eq!(echoed(&host).len(), 2);
    // A person may run every other tool still.
    let script = host.file(
        "s.ts",
        "import { sleep } from \"mcp:scripted\"; export default await sleep({ ms: 1 });",
    );
    let ran = host.run(&["run", script.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let script = host.file("e.ts", ECHO);
    let explained = host.run(&[
        "policy",
        "explain",
        script.to_str().unwrap(),
        "--for",
        "serve",
    ]);
    let reason = format!("agents.allow = \"scripted/echo\" of {name}");
    assert!(explained.stdout.contains(&reason), "{}", explained.stdout);
    assert_eq!(session.close(), Some(0));
    let shown = host.run(&["audit", "show", "--run", &id, "--format", "json"]);
    let entries: Vec<Value> = serde_json::from_str(&shown.stdout).unwrap();
    let rule = entries
        .iter()
        .find(|entry| entry["kind"] == "rule")
        .unwrap();
    assert_eq!(rule["rule"], reason.as_str());
}

#[test]
fn comments_of_the_file_stay_and_its_mode_too() {
    let before = "# of Ada\n[policy.agents]\nallow = [\n  \"notes/add\", # mine\n]\n";
    let (host, path) = plain(Some(before));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    let written = host.run(&["approve", &id, "--always", "--yes"]);
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let after = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        after,
        before.replace("# mine\n", "# mine\n  \"scripted/echo\",\n")
    );
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_rule_that_asks_is_named_and_nothing_is_written() {
    let before = "[policy]\nask = [\"scripted/e*\"]\n";
    let (host, path) = plain(Some(before));
    let mut session = Session::open(&host);
    let id = run_of(&run(&mut session, ECHO).text);
    let refused = host.run(&["approve", &id, "--always", "--yes"]);
    refused.fails_with(2, &["would still need a decision", "ask = \"scripted/e*\""]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert!(resume(&mut session, &id).text.starts_with("paused  "));
    // A narrower place asks too, and `--always` does not change it.
    std::fs::write(&path, "").unwrap();
    host.file("mcp-host.toml", "[policy]\nask = [\"scripted/echo\"]\n");
    let refused = host.run(&["approve", &id, "--always", "--yes"]);
    refused.fails_with(2, &["would still need a decision", "mcp-host.toml"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
}
