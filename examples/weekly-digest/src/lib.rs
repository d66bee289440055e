//! A skill that writes what happened in a repository since its last run: a page in a directory of the server
//! `filesystem`, and what each author did in the knowledge graph of the server `memory`.
//!
//! The history has to be there; the graph may fail, and then the digest says so. Nothing is written where nothing
//! happened.
#![forbid(unsafe_code)]

mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{AsyncSkill, Context as _, Error, ToolError, join, log, state, try_join_all};
use serde::{Deserialize, Serialize};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-filesystem");
mcp_guest_sdk::import_server!("wit/deps/mcp-server-git-history");
mcp_guest_sdk::import_server!("wit/deps/mcp-server-memory");

use filesystem::{ReadTextFileParams, WriteFileParams};
use git_history::{Commit, GetCommitParams, GetCommitResult, ListCommitsParams};
use memory::{
    AddObservationsParams, CreateEntitiesParams, Entity, Observation, add_observations,
    create_entities,
};

struct WeeklyDigest;

impl AsyncSkill for WeeklyDigest {
    const DESCRIPTION: &str = "Writes what happened in a git repository since the last run to a file, and remembers what each \
        author did. Run it once a week.";
    type Input = Input;
    type Output = Output;

    async fn run(input: Input) -> Result<Output, Error> {
        let since: Option<String> = state::get(LAST)?;
        // Neither needs the other's answer.
        let (commits, goals) = join!(history(since), goals(&input.directory));
        let commits = commits.context("the history cannot be read")?;
        let Some(newest) = commits.first().map(|commit| commit.id.clone()) else {
            log::info!("nothing happened since the last run");
            return Ok(Output::default());
        };

        let authors = by_author(&commits);
        let remembered = match remember(&authors).await {
            Ok(()) => true,
            // The graph is optional: a digest without it is better than none.
            Err(error) => {
                log::warn!(error = error, "the authors are not in the graph");
                false
            }
        };
        let path = format!("{}/digest.md", input.directory);
        let content = page::write(&authors, goals.as_deref(), remembered);
        filesystem::write_file(WriteFileParams::new(path.clone(), content))
            .await
            .context("the digest cannot be written")?;
        // Last: the next run repeats everything that fails before.
        state::set(LAST, &newest)?;
        Ok(Output {
            commits: commits.len(),
            authors: authors.len(),
            remembered,
            path: Some(path),
        })
    }
}

mcp_guest_sdk::export_async_skill!(WeeklyDigest);

/// The key of the newest commit that a digest was written about.
const LAST: &str = "last";
/// The most commits of one digest.
const MOST: u8 = 100;
/// The calls in flight at once.
const AT_ONCE: usize = 8;

/// Where the digest goes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// A directory that the server `filesystem` may write to. A file `goals.md` in it is quoted in the digest.
    directory: String,
}

/// What was written.
#[derive(Default, Serialize, JsonSchema)]
struct Output {
    commits: usize,
    authors: usize,
    /// The authors are in the knowledge graph.
    remembered: bool,
    /// The digest; absent where nothing happened.
    path: Option<String>,
}

/// The commits since then, newest first, with what they changed.
async fn history(since: Option<String>) -> Result<Vec<GetCommitResult>, ToolError> {
    let listed = git_history::list_commits(ListCommitsParams {
        since,
        limit: Some(MOST),
        ..ListCommitsParams::default()
    })
    .await?;
    let mut commits = Vec::with_capacity(listed.commits.len());
    for some in listed.commits.chunks(AT_ONCE) {
        let details = |commit: &Commit| git_history::get_commit(GetCommitParams::new(&*commit.id));
        commits.extend(try_join_all(some.iter().map(details)).await?);
    }
    Ok(commits)
}

/// The team's own words, where there are any.
async fn goals(directory: &str) -> Option<String> {
    let path = format!("{directory}/goals.md");
    match filesystem::read_text_file(ReadTextFileParams::new(path)).await {
        Ok(file) => Some(file.content),
        // The server ran, and the file does not exist: most directories have none.
        Err(ToolError::Failed(_)) => None,
        Err(error) => {
            log::warn!(error = error, "the goals cannot be read");
            None
        }
    }
}

/// One author's subjects, newest first.
type Authors<'a> = BTreeMap<&'a str, Vec<&'a GetCommitResult>>;

fn by_author(commits: &[GetCommitResult]) -> Authors<'_> {
    let mut authors = Authors::new();
    for commit in commits {
        authors.entry(&commit.author).or_default().push(commit);
    }
    authors
}

/// An entity for each author, and an observation for each commit.
async fn remember(authors: &Authors<'_>) -> Result<(), ToolError> {
    let entities = authors
        .keys()
        .map(|name| Entity::new(*name, "author", Vec::new()));
    // The server leaves an existing entity unchanged.
    create_entities(CreateEntitiesParams::new(entities.collect())).await?;
    let observations = authors.iter().map(|(name, commits)| {
        let subjects = commits.iter().map(|commit| commit.subject.clone());
        Observation::new(*name, subjects.collect())
    });
    add_observations(AddObservationsParams::new(observations.collect())).await?;
    Ok(())
}
