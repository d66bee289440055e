//! Writes a summary as a page of Markdown.

use std::fmt::{self, Display, Write};

use crate::classify::Kind;
use crate::summary::{Change, Summary};

pub(crate) fn page(summary: &Summary, title: &str) -> String {
    let mut page = String::new();
    match write_page(&mut page, summary, title) {
        Ok(()) => page,
        Err(fmt::Error) => unreachable!("a `String` takes any text"),
    }
}

fn write_page(page: &mut String, summary: &Summary, title: &str) -> fmt::Result {
    let (range, totals, details) = (&summary.range, &summary.totals, &summary.details);
    writeln!(page, "# {title}\n")?;
    match &range.from {
        Some(from) => write!(page, "Changes from `{from}` to `{}`", range.to)?,
        None => write!(page, "All changes up to `{}`", range.to)?,
    }
    if let (Some(first), Some(last)) = (&range.first_day, &range.last_day) {
        write!(page, ", {first} to {last}")?;
    }
    writeln!(
        page,
        ": {} by {}, {}, {} added and {} deleted.",
        count(totals.commits, "commit"),
        count(totals.contributors, "contributor"),
        count(totals.files, "file"),
        count(totals.lines_added, "line"),
        totals.lines_deleted,
    )?;
    if range.truncated {
        writeln!(page, "\nThe range has more commits; these are the newest.")?;
    }

    if !details.breaking.is_empty() {
        writeln!(page, "\n## Breaking changes\n")?;
        details
            .breaking
            .iter()
            .try_for_each(|change| write_change(page, change))?;
    }
    for section in &details.sections {
        writeln!(page, "\n## {}\n", heading(section.kind))?;
        section
            .changes
            .iter()
            .try_for_each(|change| write_change(page, change))?;
        if section.more > 0 {
            writeln!(page, "- and {} more", section.more)?;
        }
    }
    if !details.biggest.is_empty() {
        writeln!(page, "\n## Biggest changes\n")?;
        for change in &details.biggest {
            writeln!(
                page,
                "- {}: {} (`{}`)",
                count(change.lines, "line"),
                change.text,
                change.id
            )?;
        }
    }
    if !details.areas.is_empty() {
        writeln!(
            page,
            "\n## Where\n\n| Directory | Commits | Lines |\n|---|---:|---:|"
        )?;
        for area in &details.areas {
            writeln!(
                page,
                "| `{}` | {} | {} |",
                area.name, area.commits, area.lines
            )?;
        }
    }
    if !details.contributors.is_empty() {
        writeln!(page, "\n## Contributors\n")?;
        for contributor in &details.contributors {
            writeln!(
                page,
                "- {} ({})",
                contributor.name,
                count(contributor.commits, "commit")
            )?;
        }
    }
    Ok(())
}

fn write_change(page: &mut String, change: &Change) -> fmt::Result {
    match &change.area {
        Some(area) => write!(page, "- **{area}**: ")?,
        None => write!(page, "- ")?,
    }
    writeln!(page, "{} (`{}`, {})", change.text, change.id, change.author)
}

fn heading(kind: Kind) -> &'static str {
    match kind {
        Kind::Features => "Features",
        Kind::Fixes => "Fixes",
        Kind::Performance => "Performance",
        Kind::Documentation => "Documentation",
        Kind::Tests => "Tests",
        Kind::Maintenance => "Maintenance",
        Kind::Other => "Other changes",
    }
}

/// `1 commit`, `2 commits`.
fn count<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git_history::{ChangedFile, GetCommitResult, Status};
    use crate::history::History;
    use crate::summary;

    fn commit(
        id: &str,
        author: &str,
        day: &str,
        subject: &str,
        files: &[(&str, u64, u64)],
    ) -> GetCommitResult {
        let changed = files.iter().map(|(path, added, deleted)| ChangedFile {
            added: Some(*added),
            deleted: Some(*deleted),
            ..ChangedFile::new(*path, Status::Modified)
        });
        GetCommitResult::new(
            format!("{id}{id}{id}"),
            Vec::new(),
            author,
            format!("{author}@example.org"),
            format!("{day}T12:00:00Z"),
            subject,
            "",
            changed.collect(),
            files.iter().map(|file| file.1).sum(),
            files.iter().map(|file| file.2).sum(),
        )
    }

    #[test]
    fn a_page_says_everything_once() {
        let history = History {
            from: Some("v1".to_owned()),
            to: "HEAD".to_owned(),
            commits: vec![
                commit(
                    "cccc",
                    "Ada",
                    "2026-03-03",
                    "feat(host)!: run components",
                    &[("host/a.rs", 30, 2)],
                ),
                commit(
                    "bbbb",
                    "Bo",
                    "2026-03-02",
                    "Say why",
                    &[("README.md", 1, 0)],
                ),
                commit(
                    "aaaa",
                    "Ada",
                    "2026-03-01",
                    "fix: keep order",
                    &[("host/a.rs", 1, 1), ("wit/b.wit", 4, 0)],
                ),
            ],
            merges: 1,
            truncated: true,
        };
        let expected = "\
# v2

Changes from `v1` to `HEAD`, 2026-03-01 to 2026-03-03: 3 commits by 2 contributors, 3 files, 36 lines added and 3 deleted.

The range has more commits; these are the newest.

## Breaking changes

- **host**: run components (`cccccccc`, Ada)

## Features

- **host**: run components (`cccccccc`, Ada)

## Fixes

- **wit**: keep order (`aaaaaaaa`, Ada)

## Documentation

- Say why (`bbbbbbbb`, Bo)

## Biggest changes

- 32 lines: run components (`cccccccc`)
- 6 lines: keep order (`aaaaaaaa`)
- 1 line: Say why (`bbbbbbbb`)

## Where

| Directory | Commits | Lines |
|---|---:|---:|
| `host` | 2 | 34 |
| `wit` | 1 | 4 |

## Contributors

- Ada (2 commits)
- Bo (1 commit)
";
        assert_eq!(page(&summary::of(&history), "v2"), expected);
    }
}
