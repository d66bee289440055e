//! The kind of change of a commit, and the part of the repository that it belongs to. Uses Conventional Commits if the
//! commit follows them, otherwise words and files.

use std::collections::BTreeMap;

use mcp_guest_sdk::schemars::{self, JsonSchema};
use serde::Serialize;

use crate::git_history::{ChangedFile, GetCommitResult};

/// The kinds in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Features,
    Fixes,
    Performance,
    Documentation,
    Tests,
    Maintenance,
    Other,
}

/// A parsed subject line of a commit.
#[derive(Debug, PartialEq)]
pub(crate) struct Class {
    pub(crate) kind: Kind,
    /// The scope that the author gave, or the directory with the most changed lines.
    pub(crate) area: Option<String>,
    pub(crate) breaking: bool,
    /// The subject without its prefix.
    pub(crate) text: String,
}

pub(crate) fn classify(commit: &GetCommitResult) -> Class {
    let breaking_footer = commit
        .body
        .lines()
        .any(|line| line.starts_with("BREAKING CHANGE:"));
    if let Some((prefix, text)) = commit.subject.split_once(": ")
        && let Some(conventional) = Prefix::parse(prefix)
    {
        return Class {
            kind: conventional.kind,
            area: conventional
                .scope
                .map(str::to_owned)
                .or_else(|| area(&commit.files)),
            breaking: conventional.breaking || breaking_footer,
            text: text.trim().to_owned(),
        };
    }
    Class {
        kind: kind_by_files(&commit.files).unwrap_or_else(|| kind_by_words(&commit.subject)),
        area: area(&commit.files),
        breaking: breaking_footer,
        text: commit.subject.clone(),
    }
}

/// The part of the repository that a file belongs to: its top directory, none for a file in the root.
pub(crate) fn area_of(path: &str) -> Option<&str> {
    path.split_once('/').map(|(top, _)| top)
}

/// `feat(host)!` of `feat(host)!: run components`.
struct Prefix<'a> {
    kind: Kind,
    scope: Option<&'a str>,
    breaking: bool,
}

impl<'a> Prefix<'a> {
    fn parse(prefix: &'a str) -> Option<Self> {
        let (prefix, breaking) = match prefix.strip_suffix('!') {
            Some(prefix) => (prefix, true),
            None => (prefix, false),
        };
        let (name, scope) = match prefix.strip_suffix(')') {
            Some(prefix) => prefix
                .split_once('(')
                .map(|(name, scope)| (name, Some(scope)))?,
            None => (prefix, None),
        };
        let kind = match name.to_ascii_lowercase().as_str() {
            "feat" | "feature" => Kind::Features,
            "fix" => Kind::Fixes,
            "perf" => Kind::Performance,
            "docs" | "doc" => Kind::Documentation,
            "test" | "tests" => Kind::Tests,
            "build" | "chore" | "ci" | "deps" | "refactor" | "style" => Kind::Maintenance,
            "revert" => Kind::Other,
            _ => return None,
        };
        Some(Self {
            kind,
            scope,
            breaking,
        })
    }
}

fn kind_by_files(files: &[ChangedFile]) -> Option<Kind> {
    let all =
        |holds: fn(&str) -> bool| !files.is_empty() && files.iter().all(|file| holds(&file.path));
    if all(|path| path.ends_with(".md") || path.starts_with("docs/")) {
        Some(Kind::Documentation)
    } else if all(|path| path.split('/').any(|part| matches!(part, "test" | "tests"))) {
        Some(Kind::Tests)
    } else {
        None
    }
}

fn kind_by_words(subject: &str) -> Kind {
    let first = subject
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match first.as_str() {
        "add" | "adds" | "added" | "allow" | "implement" | "introduce" | "support" => {
            Kind::Features
        }
        "correct" | "fix" | "fixes" | "fixed" | "handle" | "prevent" => Kind::Fixes,
        "optimise" | "optimize" | "speed" => Kind::Performance,
        "document" => Kind::Documentation,
        "test" => Kind::Tests,
        "bump" | "clean" | "move" | "refactor" | "release" | "rename" | "update" | "upgrade" => {
            Kind::Maintenance
        }
        _ => Kind::Other,
    }
}

/// The top directory with the most changed lines; of several, the first in the alphabet.
fn area(files: &[ChangedFile]) -> Option<String> {
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for file in files {
        if let Some(area) = area_of(&file.path) {
            *lines.entry(area).or_default() += file.added.unwrap_or(0) + file.deleted.unwrap_or(0);
        }
    }
    lines
        .into_iter()
        .rev()
        .max_by_key(|(_, lines)| *lines)
        .map(|(area, _)| area.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git_history::Status;

    fn commit(subject: &str, files: &[(&str, u64)]) -> GetCommitResult {
        let files = files
            .iter()
            .map(|(path, added)| ChangedFile {
                added: Some(*added),
                ..ChangedFile::new(*path, Status::Modified)
            })
            .collect();
        GetCommitResult::new(
            "id",
            Vec::new(),
            "A",
            "a@b",
            "2026-01-01T00:00:00Z",
            subject,
            "",
            files,
            0,
            0,
        )
    }

    #[test]
    fn a_conventional_prefix_is_believed() {
        let class = classify(&commit(
            "fix(link)!: refuse lost fields",
            &[("host/a.rs", 1)],
        ));
        assert_eq!(
            class,
            Class {
                kind: Kind::Fixes,
                area: Some("link".to_owned()),
                breaking: true,
                text: "refuse lost fields".to_owned()
            }
        );
    }

    #[test]
    fn a_colon_alone_is_no_prefix() {
        let class = classify(&commit(
            "Add a walk: host to guest",
            &[("host/a.rs", 1), ("docs/b.md", 2)],
        ));
        assert_eq!(
            (class.kind, class.area.as_deref()),
            (Kind::Features, Some("docs"))
        );
        assert_eq!(class.text, "Add a walk: host to guest");
    }

    #[test]
    fn files_of_one_kind_decide_where_the_words_do_not() {
        assert_eq!(
            classify(&commit("Say more", &[("README.md", 1), ("docs/a.md", 1)])).kind,
            Kind::Documentation
        );
        assert_eq!(
            classify(&commit("Say more", &[("tests/a.rs", 1)])).kind,
            Kind::Tests
        );
        assert_eq!(
            classify(&commit("Say more", &[("src/a.rs", 1), ("tests/a.rs", 1)])).kind,
            Kind::Other
        );
        assert_eq!(classify(&commit("Empty", &[])).area, None);
    }
}
