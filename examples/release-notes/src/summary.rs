//! Counts and sorts the history. Everything is sorted, so the same history gives the same notes.

use std::collections::{BTreeMap, BTreeSet};

use mcp_guest_sdk::schemars::{self, JsonSchema};
use serde::Serialize;

use crate::classify::{Kind, area_of, classify};
use crate::git_history::GetCommitResult;
use crate::history::History;

/// The most changes of one kind, contributors and areas that are listed; the rest is counted.
const MOST_LISTED: usize = 20;
const MOST_BIGGEST: usize = 5;

/// Everything that the notes say.
pub(crate) struct Summary {
    pub(crate) range: Range,
    pub(crate) totals: Totals,
    pub(crate) details: Details,
}

/// Which commits the notes are about.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Range {
    /// The revision before the first commit; absent where the notes start at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// The newest revision.
    pub(crate) to: String,
    /// The day of the oldest commit, absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_day: Option<String>,
    /// The day of the newest commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_day: Option<String>,
    /// There are older commits in the range than `maxCommits` let the skill read.
    pub(crate) truncated: bool,
}

/// How much happened.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    /// Without merges.
    pub(crate) commits: usize,
    pub(crate) merges: usize,
    pub(crate) contributors: usize,
    /// Different files that were changed.
    pub(crate) files: usize,
    pub(crate) lines_added: u64,
    pub(crate) lines_deleted: u64,
}

/// The notes as data.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Details {
    /// Changes that break something, of every kind.
    pub(crate) breaking: Vec<Change>,
    pub(crate) sections: Vec<Section>,
    /// The changes with the most lines.
    pub(crate) biggest: Vec<Change>,
    pub(crate) areas: Vec<Area>,
    pub(crate) contributors: Vec<Contributor>,
}

/// The changes of one kind.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    /// Newest first.
    pub(crate) changes: Vec<Change>,
    /// How many more there are than the listed ones.
    pub(crate) more: usize,
}

/// One commit.
#[derive(Clone, Serialize, JsonSchema)]
pub(crate) struct Change {
    /// The first digits of its id.
    pub(crate) id: String,
    pub(crate) text: String,
    /// The part of the repository: the scope the author gave, or the directory with the most changed lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) area: Option<String>,
    pub(crate) author: String,
    /// Lines added and deleted.
    pub(crate) lines: u64,
}

/// One top directory.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Area {
    pub(crate) name: String,
    /// Commits that changed something in it.
    pub(crate) commits: usize,
    /// Lines added and deleted in it.
    pub(crate) lines: u64,
}

/// One author.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Contributor {
    pub(crate) name: String,
    pub(crate) commits: usize,
}

pub(crate) fn of(history: &History) -> Summary {
    let commits = &history.commits;
    let mut sections: BTreeMap<Kind, Vec<Change>> = BTreeMap::new();
    let mut breaking = Vec::new();
    let mut biggest = Vec::new();
    for commit in commits {
        let class = classify(commit);
        let change = Change {
            id: commit.id.chars().take(8).collect(),
            text: class.text,
            area: class.area,
            author: commit.author.clone(),
            lines: commit.added + commit.deleted,
        };
        if class.breaking {
            breaking.push(change.clone());
        }
        biggest.push(change.clone());
        sections.entry(class.kind).or_default().push(change);
    }
    biggest.retain(|change| change.lines > 0);
    biggest.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.id.cmp(&b.id)));
    biggest.truncate(MOST_BIGGEST);

    let mut contributors = contributors(commits);
    let totals = totals(commits, history.merges, contributors.len());
    contributors.truncate(MOST_LISTED);
    let days = || {
        commits
            .iter()
            .map(|commit| commit.date.chars().take(10).collect::<String>())
    };
    Summary {
        range: Range {
            from: history.from.clone(),
            to: history.to.clone(),
            first_day: days().min(),
            last_day: days().max(),
            truncated: history.truncated,
        },
        totals,
        details: Details {
            breaking,
            sections: sections
                .into_iter()
                .map(|(kind, changes)| section(kind, changes))
                .collect(),
            biggest,
            areas: areas(commits),
            contributors,
        },
    }
}

fn section(kind: Kind, mut changes: Vec<Change>) -> Section {
    let more = changes.len().saturating_sub(MOST_LISTED);
    changes.truncate(MOST_LISTED);
    Section {
        kind,
        changes,
        more,
    }
}

fn totals(commits: &[GetCommitResult], merges: usize, contributors: usize) -> Totals {
    let files: BTreeSet<&str> = commits
        .iter()
        .flat_map(|commit| &commit.files)
        .map(|file| file.path.as_str())
        .collect();
    Totals {
        commits: commits.len(),
        merges,
        contributors,
        files: files.len(),
        lines_added: commits.iter().map(|commit| commit.added).sum(),
        lines_deleted: commits.iter().map(|commit| commit.deleted).sum(),
    }
}

/// By e-mail address, which changes less often than the name; called as in the newest commit.
fn contributors(commits: &[GetCommitResult]) -> Vec<Contributor> {
    let mut by_email: BTreeMap<String, Contributor> = BTreeMap::new();
    for commit in commits {
        by_email
            .entry(commit.email.to_ascii_lowercase())
            .or_insert_with(|| Contributor {
                name: commit.author.clone(),
                commits: 0,
            })
            .commits += 1;
    }
    let mut contributors: Vec<Contributor> = by_email.into_values().collect();
    contributors.sort_by(|a, b| b.commits.cmp(&a.commits).then_with(|| a.name.cmp(&b.name)));
    contributors
}

fn areas(commits: &[GetCommitResult]) -> Vec<Area> {
    let mut areas: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for commit in commits {
        let mut touched = BTreeSet::new();
        for file in &commit.files {
            let Some(name) = area_of(&file.path) else {
                continue;
            };
            let (commits, lines) = areas.entry(name).or_default();
            *commits += usize::from(touched.insert(name));
            *lines += file.added.unwrap_or(0) + file.deleted.unwrap_or(0);
        }
    }
    let mut areas: Vec<Area> = areas
        .into_iter()
        .map(|(name, (commits, lines))| Area {
            name: name.to_owned(),
            commits,
            lines,
        })
        .collect();
    areas.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.name.cmp(&b.name)));
    areas.truncate(MOST_LISTED);
    areas
}
