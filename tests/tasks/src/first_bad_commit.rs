//! `first-bad-commit.ts`: a binary search over the revisions of a file.

use mcp_guest_sdk::{Context as _, Error};
use serde_json::{Value, json};

use crate::filesystem::{self, ReadTextFileParams};
use crate::git::{self, GitLogParams, GitShowParams};

const FILE: &str = "config/flags.json";
const FLAG: &str = "checkout.retries";

pub(crate) async fn run(shop: &str) -> Result<Value, Error> {
    let repository = format!("{shop}/repo");
    let log = git::git_log(GitLogParams {
        max_count: Some(5000),
        start_timestamp: Some("2026-01-01T00:00:00Z".to_owned()),
        ..GitLogParams::new(&repository)
    })
    .await?
    .text();
    let mut commits: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("Commit: "))
        .collect();
    commits.reverse();

    let (mut good, mut bad) = (0, commits.len().checked_sub(1).context("no commits")?);
    let before = value_at(&repository, commits[good]).await?;
    let after = value_at(&repository, commits[bad]).await?;
    if before == after {
        return Err(Error::msg(format!(
            "`{FLAG}` is {after} since {}",
            commits[good]
        )));
    }
    while bad - good > 1 {
        let middle = (good + bad) / 2;
        if value_at(&repository, commits[middle]).await? == before {
            good = middle;
        } else {
            bad = middle;
        }
    }

    let commit = commits[bad];
    let shown = git::git_show(GitShowParams::new(&repository, commit))
        .await?
        .text();
    let line = |start: &str| shown.lines().find_map(|line| line.strip_prefix(start));
    let params = ReadTextFileParams::new(format!("{shop}/files/OWNERS.md"));
    let owners = filesystem::read_text_file(params).await?.content;
    Ok(json!({
        "commit": commit.get(..10),
        "author": line("Author: ").and_then(|text| text.split_once(" <")).map(|(name, _)| name),
        "date": line("Date: ").and_then(|text| text.split_whitespace().next()),
        "subject": line("    "),
        FLAG: { "before": before, "after": after },
        "owner": owners
            .lines()
            .find_map(|line| line.strip_prefix("| `config/` | "))
            .and_then(|rest| rest.split_once(" |"))
            .map(|(owner, _)| owner),
        "searched": commits.len(),
    }))
}

async fn value_at(repository: &str, commit: &str) -> Result<Value, Error> {
    let params = GitShowParams::new(repository, format!("{commit}:{FILE}"));
    let flags: Value = serde_json::from_str(&git::git_show(params).await?.text())?;
    Ok(flags[FLAG].clone())
}
