//! The whole skill, natively: against a recorded run, and against doubles for cases that no repository here has.

use mcp_guest_sdk::testing::{Host, Recording, failed};
use mcp_guest_sdk::{Error, ToolError};

use crate::ReleaseNotes;
use crate::git_history::{
    ChangedFile, Commit, GetCommitResult, ListCommitsResult, ListTagsResult, Status, doubles,
};

fn recording() -> Recording {
    Recording::read("recordings/a-release.jsonl")
}

#[test]
fn the_recorded_run_gives_the_recorded_page() {
    let recording = recording();
    let host = Host::replaying(&recording);
    let page = host.run::<ReleaseNotes>(recording.input());
    assert_eq!(page.unwrap(), *recording.result());
    assert_eq!(host.unused(), Vec::<String>::new());
    assert_eq!(host.calls().len(), 6);
    let logged: Vec<_> = host.log().into_iter().map(|event| event.message).collect();
    assert_eq!(
        logged,
        ["listed the commits up to `HEAD`", "read the history"]
    );
}

#[test]
fn the_same_answers_make_data_instead_of_a_page() {
    let host = Host::replaying(&recording());
    let input = serde_json::json!({ "format": "json" });
    let data = host.run::<ReleaseNotes>(input).unwrap();
    assert_eq!(data["totals"]["commits"], 3);
    assert_eq!(data["totals"]["contributors"], 2);
}

#[test]
#[should_panic(expected = "the recording has no such call: tool {")]
fn a_call_that_was_not_recorded_says_which_one_it_was() {
    let host = Host::replaying(&recording());
    let input = serde_json::json!({ "from": "v0.0.1", "maxCommits": 1 });
    let _ = host.run::<ReleaseNotes>(input);
}

#[test]
fn a_merge_is_counted_and_not_read() {
    let host = Host::new()
        .tool(doubles::list_tags(|_| Ok(ListTagsResult::new(Vec::new()))))
        .tool(doubles::list_commits(|params| {
            assert_eq!(params.until.as_deref(), Some("HEAD"));
            let merge = vec!["c1".to_owned(), "c0".to_owned()];
            Ok(ListCommitsResult::new(vec![
                commit("c2", merge),
                commit("c1", Vec::new()),
            ]))
        }))
        .tool(doubles::get_commit(|params| {
            assert_eq!(params.id, "c1");
            let file = ChangedFile::new("a.txt", Status::Added);
            Ok(GetCommitResult {
                files: vec![file],
                ..details("c1")
            })
        }));
    let data = host.run::<ReleaseNotes>(serde_json::json!({ "format": "json" }));
    assert_eq!(data.unwrap()["totals"]["commits"], 1);
}

#[test]
fn the_tools_own_words_reach_the_caller() {
    let host = Host::new().tool(doubles::list_tags(|_| Err(failed("not a repository"))));
    let error = host.run::<ReleaseNotes>(serde_json::json!({})).unwrap_err();
    assert!(
        matches!(&error, Error::Tool(ToolError::Failed(_))),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "tool failed: not a repository");
}

#[test]
fn input_without_commits_is_refused_before_any_call() {
    let host = Host::new();
    let error = host.run::<ReleaseNotes>(serde_json::json!({ "maxCommits": 0 }));
    assert_eq!(
        error,
        Err(Error::invalid_input("`maxCommits` must be at least 1"))
    );
    assert!(host.calls().is_empty());
}

fn commit(id: &str, parents: Vec<String>) -> Commit {
    Commit::new(
        id,
        parents,
        "Ada",
        "ada@example.org",
        "2026-01-01T00:00:00Z",
        "feat: x",
    )
}

fn details(id: &str) -> GetCommitResult {
    GetCommitResult::new(
        id,
        Vec::new(),
        "Ada",
        "ada@example.org",
        "2026-01-01T00:00:00Z",
        "feat: x",
        "",
        Vec::new(),
        1,
        0,
    )
}
