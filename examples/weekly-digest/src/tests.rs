//! The whole skill, natively, with doubles for every server.

use std::cell::RefCell;
use std::rc::Rc;

use mcp_guest_sdk::ToolError;
use mcp_guest_sdk::testing::{Host, failed};
use serde_json::json;

use super::WeeklyDigest;
use super::filesystem::{self, ReadTextFileResult, WriteFileResult};
use super::git_history::{self, Commit, GetCommitResult, ListCommitsResult};
use super::memory::{self, AddObservationsResult, CreateEntitiesResult};

/// What was written, and the host of a repository with these commits, newest first.
fn host(commits: &'static [(&str, &str, &str)]) -> (Host, Rc<RefCell<String>>) {
    let written = Rc::new(RefCell::new(String::new()));
    let page = Rc::clone(&written);
    let host = Host::new()
        .tool(git_history::doubles::list_commits(move |params| {
            let after = |since: &String| commits.iter().position(|(id, ..)| id == since);
            let new = params
                .since
                .as_ref()
                .and_then(after)
                .unwrap_or(commits.len());
            let commit = |(id, author, subject): &(&str, &str, &str)| {
                Commit::new(
                    *id,
                    Vec::new(),
                    *author,
                    "a@example.org",
                    "2026-01-01T00:00:00Z",
                    *subject,
                )
            };
            Ok(ListCommitsResult::new(
                commits[..new].iter().map(commit).collect(),
            ))
        }))
        .tool(git_history::doubles::get_commit(move |params| {
            let (id, author, subject) = commits.iter().find(|(id, ..)| *id == params.id).unwrap();
            Ok(GetCommitResult::new(
                *id,
                Vec::new(),
                *author,
                "a@example.org",
                "2026-01-01T00:00:00Z",
                *subject,
                "",
                Vec::new(),
                2,
                1,
            ))
        }))
        .tool(filesystem::doubles::write_file(move |params| {
            assert_eq!(params.path, "/notes/digest.md");
            page.replace(params.content.clone());
            Ok(WriteFileResult::new("done"))
        }));
    (host, written)
}

/// A graph that takes everything.
fn with_graph(host: Host) -> Host {
    host.tool(memory::doubles::create_entities(|_| {
        Ok(CreateEntitiesResult::new(Vec::new()))
    }))
    .tool(memory::doubles::add_observations(|_| {
        Ok(AddObservationsResult::new(Vec::new()))
    }))
}

fn without_goals(host: Host) -> Host {
    host.tool(filesystem::doubles::read_text_file(|_| {
        Err(failed("no such file"))
    }))
}

#[test]
fn the_first_digest_has_everything_and_the_next_one_nothing() {
    let (host, written) = host(&[("c2", "Bo", "Say why"), ("c1", "Ada", "Begin")]);
    let host = with_graph(host).tool(filesystem::doubles::read_text_file(|params| {
        assert_eq!(params.path, "/notes/goals.md");
        Ok(ReadTextFileResult::new("Fewer bugs.\n\nMore tests.\n"))
    }));
    let first = host.run_async::<WeeklyDigest>(json!({ "directory": "/notes" }));
    let expected =
        json!({ "commits": 2, "authors": 2, "remembered": true, "path": "/notes/digest.md" });
    assert_eq!(first.unwrap(), expected);
    assert_eq!(
        *written.borrow(),
        "# What happened\n\n> Fewer bugs.\n>\n> More tests.\n\n## Ada (3 lines)\n\n- Begin\n\n## Bo (3 lines)\n\n- Say why\n"
    );
    assert_eq!(host.state_of("last"), Some(json!("c2")));

    written.replace(String::new());
    let second = host.run_async::<WeeklyDigest>(json!({ "directory": "/notes" }));
    assert_eq!(second.unwrap()["path"], json!(null));
    assert_eq!(*written.borrow(), "");
}

#[test]
fn a_missing_graph_is_reported_and_ends_nothing() {
    let (host, written) = host(&[("c1", "Ada", "Begin")]);
    let host = without_goals(host).tool(memory::doubles::create_entities(|_| {
        Err(ToolError::Unavailable("it went away".to_owned()))
    }));
    let ran = host.run_async::<WeeklyDigest>(json!({ "directory": "/notes" }));
    assert_eq!(ran.unwrap()["remembered"], json!(false));
    assert!(
        written
            .borrow()
            .ends_with("The knowledge graph was not there, and does not have this.\n")
    );
    assert_eq!(
        host.log().last().unwrap().message,
        "the authors are not in the graph"
    );
}

#[test]
fn a_digest_that_cannot_be_written_is_tried_again() {
    let (host, _) = host(&[("c1", "Ada", "Begin")]);
    let host = with_graph(without_goals(host)).tool(filesystem::doubles::write_file(|_| {
        Err(failed("the disk is full"))
    }));
    let ran = host.run_async::<WeeklyDigest>(json!({ "directory": "/notes" }));
    let error = ran.unwrap_err().to_string();
    assert!(error.contains("the disk is full"), "{error}");
    assert_eq!(host.state_of("last"), None);
}
