//! Commits what changed in a repository, through the server `git`, and sums up its history.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::tools::ToolResult;
use mcp_guest_sdk::{Error, Skill, ToolError};
use serde::Deserialize;
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-git");
use git::{
    GitAddParams, GitBranchParams, GitCommitParams, GitCreateBranchParams, GitDiffStagedParams,
    GitDiffUnstagedParams, GitLogParams, GitShowParams, GitStatusParams,
};

struct Git;

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// The path of a repository with a change in its working tree.
    repository: String,
    /// The files to commit.
    files: Vec<String>,
}

impl Skill for Git {
    const DESCRIPTION: &str = "Commits files of a repository and says what its history is then.";
    type Input = Input;
    type Output = Value;

    fn run(Input { repository, files }: Input) -> Result<Value, Error> {
        let unstaged = git::git_diff_unstaged(&GitDiffUnstagedParams {
            context_lines: Some(0),
            ..GitDiffUnstagedParams::new(&repository)
        })?;
        git::git_add(&GitAddParams::new(&repository, files))?;
        let staged = git::git_diff_staged(&GitDiffStagedParams::new(&repository))?;
        git::git_commit(&GitCommitParams::new(&repository, "Say goodbye"))?;
        git::git_create_branch(&GitCreateBranchParams {
            base_branch: Some("main".to_owned()),
            ..GitCreateBranchParams::new(&repository, "next")
        })?;
        let status = git::git_status(&GitStatusParams::new(&repository))?;
        let branches = git::git_branch(&GitBranchParams::new(&repository, "local"))?;
        let readme = git::git_show(&GitShowParams::new(&repository, "HEAD:README.md"))?;

        Ok(json!({
            "unstaged": hunk(&unstaged),
            "staged": hunk(&staged),
            "status": lines(&status),
            "branches": lines(&branches),
            "readme": readme.text(),
            "lastTwo": subjects(&log(&repository, Some(2), None)?),
            "before2025": subjects(&log(&repository, None, Some("2025-01-01"))?),
            "authors": authors(&log(&repository, None, None)?),
            "unknown": unknown(&repository)?,
        }))
    }
}

mcp_guest_sdk::export_skill!(Git);

/// The commits as the server writes them: one block of text for each, or all in one.
fn log(
    repository: &str,
    max_count: Option<i64>,
    before: Option<&str>,
) -> Result<String, ToolError> {
    let params = GitLogParams {
        max_count,
        end_timestamp: before.map(str::to_owned),
        ..GitLogParams::new(repository)
    };
    Ok(git::git_log(&params)?.text())
}

fn subjects(log: &str) -> Vec<&str> {
    log.lines()
        .filter_map(|line| line.strip_prefix("Message: "))
        .collect()
}

/// How many commits each author made.
fn authors(log: &str) -> BTreeMap<&str, u32> {
    let mut authors = BTreeMap::new();
    for author in log.lines().filter_map(|line| line.strip_prefix("Author: ")) {
        *authors.entry(author).or_default() += 1;
    }
    authors
}

/// A diff from its first hunk on: the lines before it name blobs by hash.
fn hunk(diff: &ToolResult) -> Vec<String> {
    let mut lines = lines(diff);
    let start = lines
        .iter()
        .position(|line| line.starts_with("@@"))
        .unwrap_or(lines.len());
    lines.split_off(start)
}

fn lines(answer: &ToolResult) -> Vec<String> {
    answer.text().lines().map(str::to_owned).collect()
}

/// What the server says about a revision that does not exist.
fn unknown(repository: &str) -> Result<String, Error> {
    match git::git_show(&GitShowParams::new(repository, "no-such-revision")) {
        Err(ToolError::Failed(answer)) => Ok(answer.text()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Error::msg("the repository has a `no-such-revision`")),
    }
}
