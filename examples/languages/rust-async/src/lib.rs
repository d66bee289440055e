//! A skill that writes release notes from the history of a git repository.
//!
//! The same as `../../release-notes`, but for `history.rs`: the calls for the details of commits overlap.
#![forbid(unsafe_code)]

#[path = "../../../release-notes/src/classify.rs"]
mod classify;
mod history;
#[path = "../../../release-notes/src/markdown.rs"]
mod markdown;
#[path = "../../../release-notes/src/summary.rs"]
mod summary;
#[cfg(test)]
mod tests;

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{AsyncSkill, Error, log};
use serde::{Deserialize, Serialize};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-git-history");

struct ReleaseNotes;

impl AsyncSkill for ReleaseNotes {
    const DESCRIPTION: &str = "Writes release notes from the history of a git repository: the changes since the last \
        tag by kind, the contributors and the totals. Use it to see what happened between two revisions.";
    type Input = Input;
    type Output = Output;

    async fn run(input: Input) -> Result<Output, Error> {
        if input.max_commits == 0 {
            return Err(Error::invalid_input("`maxCommits` must be at least 1"));
        }
        let history = history::read(input.from, input.to, usize::from(input.max_commits)).await?;
        log::info!(commits = history.commits.len(), "read the history");

        let summary = summary::of(&history);
        Ok(match input.format {
            Format::Markdown => {
                let title = input.title.as_deref().unwrap_or("Release notes");
                Output::Markdown(markdown::page(&summary, title))
            }
            Format::Json => Output::Data {
                range: summary.range,
                totals: summary.totals,
                details: summary.details,
            },
        })
    }
}

mcp_guest_sdk::export_async_skill!(ReleaseNotes);

/// Which part of the history, and how to write it up.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    /// The revision before the first change: an id, branch or tag. By default the last tag; where nothing happened
    /// since then, the tag before it.
    from: Option<String>,
    /// The newest revision: an id, branch or tag. By default `HEAD`.
    to: Option<String>,
    /// The heading of the page, for example `v1.2.0`.
    title: Option<String>,
    /// A page of Markdown, or the same as data.
    #[serde(default)]
    format: Format,
    /// The most commits to read, from the newest on. Each costs one tool call.
    #[serde(default = "default_max_commits")]
    max_commits: u16,
}

#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Markdown,
    Json,
}

fn default_max_commits() -> u16 {
    400
}

/// The notes.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Output {
    /// A page.
    Markdown(String),
    /// The same as data.
    Data {
        /// What the notes are about.
        range: summary::Range,
        /// How much that was.
        totals: summary::Totals,
        /// What happened.
        details: summary::Details,
    },
}
