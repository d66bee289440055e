//! `mcp-host run` of components whose calls the user decides about: it ends with code 7, and goes on with `--resume`.

use mcp_tests::{binary, root};
use serde_json::{Value, json};

use super::{Host, guest, main_job};
use crate::install::node_version;

/// A host whose server `fake` gives the arguments of each call back, and a policy that asks about them.
pub(crate) fn host() -> Host {
    let host = Host::new();
    let entry = json!({
        "command": binary("examples/scripted-server"),
        "args": ["listed"],
        "env": {
            "SCRIPTED_TOOLS": root().join("tests/guests/fake.tools.json"),
            "SCRIPTED_LOG": host.dir.path().join("seen.jsonl"),
        },
    });
    host.file(
        "mcp.json",
        json!({ "mcpServers": { "fake": entry } }).to_string(),
    );
    host.settings("[policy]\nask = [\"fake/*\"]\n");
    host
}

/// The arguments of each call that reached the server.
fn seen(host: &Host) -> Vec<Value> {
    let seen = std::fs::read_to_string(host.dir.path().join("seen.jsonl")).unwrap_or_default();
    let messages = seen
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let calls = messages.filter(|message| message["method"] == "tools/call");
    calls
        .map(|message| message["params"]["arguments"].clone())
        .collect()
}

/// Runs to the end, and allows everything on the way. The result, and how often the run stopped.
fn to_its_end(host: &Host, first: &[&str], again: &[&str]) -> (String, usize) {
    let mut ran = host.run(first);
    let mut run = None;
    for stops in 0..20 {
        match ran.code {
            Some(0) => return (ran.stdout, stops),
            Some(7) => {}
            _ => panic!("{:?} {}", ran.code, ran.stderr),
        }
        let said = ran.stderr.split_once("mcp-host approve ");
        let id = said.map(|(_, rest)| rest[..10].to_owned());
        let id: String = run.get_or_insert_with(|| id.unwrap()).clone();
        let allowed = host.run(&["approve", &id, "--once"]);
        assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
        ran = host.run(&[again, &["--resume", &id]].concat());
    }
    panic!("the run does not end");
}

#[test]
fn a_typed_skill_stops_at_each_call_and_goes_on() {
    let host = host();
    let skill = guest("two-calls");
    let (result, stops) = to_its_end(&host, &["run", &skill], &["run", &skill]);
    assert_eq!(result.trim_end(), "{\"names\":[\"a\",\"b\"]}");
    assert_eq!(stops, 2);
    assert_eq!(
        seen(&host),
        [json!({ "name": "a" }), json!({ "name": "b" })]
    );
}

#[test]
fn the_calls_of_an_async_skill_that_overlap_are_one_question() {
    let host = host();
    let skill = guest("typed-async");
    let first = ["run", &skill, "--input", "null"];
    let (result, stops) = to_its_end(&host, &first, &["run", &skill]);
    assert_eq!(result.trim_end(), "{\"names\":[\"a\",\"b\"]}");
    assert_eq!(stops, 1);
    assert_eq!(seen(&host).len(), 2);
}

#[test]
fn a_call_by_name_stops_and_goes_on() {
    let host = host();
    let skill = guest("one-call");
    let input =
        json!({ "server": "fake", "tool": "wait", "arguments": { "name": "c" } }).to_string();
    let grant = ["--allow", "fake/wait"];
    let first = [&["run", &skill, "--input", &input][..], &grant].concat();
    let (result, stops) = to_its_end(&host, &first, &[&["run", &skill][..], &grant].concat());
    let result: Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["result"]["structured"], json!({ "name": "c" }));
    assert_eq!(stops, 1);
    assert_eq!(seen(&host).len(), 1);
}

#[test]
fn the_imports_of_a_component_are_shown() {
    let host = host();
    let paused = host.run(&["run", &guest("two-calls")]);
    assert_eq!(paused.code, Some(7), "{}", paused.stderr);
    let (_, rest) = paused.stderr.split_once("mcp-host approve ").unwrap();
    let id = &rest[..10];
    let shown = host.run(&["runs", "show", id]);
    assert!(
        shown.stdout.contains("\nimports fake/wait\n"),
        "{}",
        shown.stdout
    );
    let shown = host.run(&["runs", "show", id, "--format", "json"]).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let import = json!({ "server": "fake", "tool": "wait", "read-only": false });
    assert_eq!(shown["imports"], json!([import]));
}

#[test]
fn a_skill_goes_on_with_its_own_component_only() {
    let host = host();
    let paused = host.run(&["run", &guest("two-calls")]);
    assert_eq!(paused.code, Some(7), "{}", paused.stderr);
    let (_, rest) = paused.stderr.split_once("mcp-host approve ").unwrap();
    let id = &rest[..10];
    assert_eq!(host.run(&["approve", id, "--once"]).code, Some(0));
    let other = host.run(&["run", &guest("typed-async"), "--resume", id]);
    other.fails_with(1, &["another skill or script", "the run began with `"]);
    assert!(seen(&host).is_empty());
}

/// The release notes of `examples/`: the same skill in two languages, with stops and without.
fn goes_on_in(language: &str) {
    let host = Host::new();
    let repository = host.dir.path().join("repository");
    std::fs::create_dir(&repository).unwrap();
    main_job::repository(&repository);
    let entry = json!({ "command": binary("git-history-server"), "args": ["--repo", repository] });
    host.file(
        "mcp.json",
        json!({ "mcpServers": { "git-history": entry } }).to_string(),
    );
    let skill = mcp_tests::skill_dir(&format!("examples/languages/{language}"));
    let skill = skill.to_str().unwrap();
    let _lock = crate::install::lock("examples");
    let free = host.run(&["run", skill]);
    assert_eq!(free.code, Some(0), "{}", free.stderr);
    host.settings("[policy]\nask = [\"git-history/*\"]\n");
    let (result, stops) = to_its_end(&host, &["run", skill], &["run", skill]);
    assert_eq!(result, free.stdout);
    assert!(stops > 0);
}

#[test]
fn a_skill_in_rust_writes_the_same_with_stops() {
    goes_on_in("rust-async");
}

#[test]
fn a_skill_in_javascript_writes_the_same_with_stops() {
    if node_version("a_skill_in_javascript_writes_the_same_with_stops").is_some() {
        goes_on_in("javascript");
    }
}

#[test]
fn what_a_skill_says_is_printed_once_over_all_parts_of_its_run() {
    let host = host();
    let skill = guest("says");
    let mut said = Vec::new();
    let mut ran = host.run(&["run", &skill]);
    let id = ran.stderr.split_once("mcp-host approve ").unwrap().1[..10].to_owned();
    loop {
        said.extend(
            ["before", "between", "after"]
                .into_iter()
                .filter(|when| ran.stderr.contains(&format!("{when} the calls"))),
        );
        if ran.code == Some(0) {
            break;
        }
        assert_eq!(ran.code, Some(7), "{}", ran.stderr);
        assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
        ran = host.run(&["run", &skill, "--resume", &id]);
    }
    assert_eq!(said, ["before", "between", "after"]);
}
