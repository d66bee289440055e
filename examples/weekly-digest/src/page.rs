//! The digest as Markdown.

use std::fmt::Write as _;

use crate::Authors;

pub(crate) fn write(authors: &Authors<'_>, goals: Option<&str>, remembered: bool) -> String {
    let mut page = String::from("# What happened\n");
    // Writing to a `String` cannot fail.
    if let Some(goals) = goals {
        page.push('\n');
        for line in goals.trim().lines() {
            let _ = writeln!(page, "{}", format!("> {line}").trim_end());
        }
    }
    for (author, commits) in authors {
        let lines: u64 = commits
            .iter()
            .map(|commit| commit.added + commit.deleted)
            .sum();
        let _ = writeln!(page, "\n## {author} ({lines} lines)\n");
        for commit in commits {
            let _ = writeln!(page, "- {}", commit.subject);
        }
    }
    if !remembered {
        page.push_str("\nThe knowledge graph was not there, and does not have this.\n");
    }
    page
}
