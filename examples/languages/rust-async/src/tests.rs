//! The whole skill, natively: against the recording of `../../release-notes`, and against doubles.

use mcp_guest_sdk::testing::{Host, Recording, failed};
use mcp_guest_sdk::{Error, ToolError};
use serde_json::json;

use crate::ReleaseNotes;
use crate::git_history::{
    ChangedFile, Commit, GetCommitResult, ListCommitsResult, ListTagsResult, Status, doubles,
};

#[test]
fn a_recording_of_the_sequential_skill_gives_the_same_page() {
    let recording = Recording::read("../../release-notes/recordings/a-release.jsonl");
    let host = Host::replaying(&recording);
    let page = host.run_async::<ReleaseNotes>(recording.input());
    assert_eq!(page.unwrap(), *recording.result());
    assert_eq!(host.unused(), Vec::<String>::new());
    assert_eq!(host.calls().len(), 6);
}

#[test]
fn each_of_more_commits_than_calls_at_once_is_read_once() {
    const COMMITS: u64 = 19;
    let host = repository(COMMITS).tool(doubles::get_commit(|params| Ok(details(&params.id))));
    let data = host.run_async::<ReleaseNotes>(json!({ "format": "json" }));
    assert_eq!(data.unwrap()["totals"]["commits"], COMMITS);
    let read = host.calls().into_iter();
    let read = read.filter(|call| call.tool == "get-commit").count();
    assert_eq!(read, 19);
}

#[test]
fn a_call_that_fails_among_others_is_the_error_of_the_run() {
    let host = repository(3).tool(doubles::get_commit(|params| match params.id.as_str() {
        "c1" => Err(failed("the object is missing")),
        id => Ok(details(id)),
    }));
    let error = host.run_async::<ReleaseNotes>(json!({})).unwrap_err();
    assert!(
        matches!(&error, Error::Tool(ToolError::Failed(_))),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "tool failed: the object is missing");
}

/// The host of a repository without tags, with commits `c0`, `c1` and so on.
fn repository(commits: u64) -> Host {
    Host::new()
        .tool(doubles::list_tags(|_| Ok(ListTagsResult::new(Vec::new()))))
        .tool(doubles::list_commits(move |_| {
            let commit = |n| {
                Commit::new(
                    format!("c{n}"),
                    Vec::new(),
                    "Ada",
                    "ada@example.org",
                    "2026-01-01T00:00:00Z",
                    "feat: x",
                )
            };
            Ok(ListCommitsResult::new((0..commits).map(commit).collect()))
        }))
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
        vec![ChangedFile::new("a.txt", Status::Added)],
        1,
        0,
    )
}
