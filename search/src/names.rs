//! Names as people and models spell them: look-up of exact ones, and the nearest ones where nothing is found. Reads no
//! description.

use std::collections::HashMap;

use crate::bounds::cut;
use crate::vocabulary::{letter, letters};

/// The names of all entries.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Entries by their name, and by server and name, without case and separators.
    by_key: HashMap<Box<str>, Vec<u32>>,
}

/// Bytes of a name that are kept and compared.
pub(crate) const LONGEST_NAME: usize = 256;
/// Names that are offered where nothing is found.
const OFFERED: usize = 5;
/// Names that are compared letter by letter for that.
const COMPARED: usize = 200;

impl Names {
    pub(crate) fn add(&mut self, entry: u32, server: &str, name: &str) {
        for key in [key(name), key_of(server, name)] {
            let entries = self.by_key.entry(key.into()).or_default();
            if entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
    }

    /// The entries that a query names, in the order in which it names them.
    pub(crate) fn exact(&self, query: &str) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        let mut look = |text: &str| {
            let key = key(stripped(text));
            for entry in self.by_key.get(key.as_str()).into_iter().flatten() {
                if !found.contains(entry) && found.len() < MOST_EXACT {
                    found.push(*entry);
                }
            }
        };
        look(query);
        for token in query.split_whitespace() {
            let token = token.trim_matches(|char: char| !char.is_alphanumeric());
            if is_name(token) {
                look(token);
            }
        }
        found
    }
}

/// Whether a text is spelled as a name is: one word with a separator or a capital inside. `search` may be any word.
pub(crate) fn is_name(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && (text.contains(['_', '.', '/', ':', '-'])
            || text.chars().skip(1).any(char::is_uppercase))
}

/// Entries that one query can name.
const MOST_EXACT: usize = 256;

/// The names nearest to a query, the nearest first, as their positions in `names`.
pub(crate) fn nearest<'a>(
    query: &str,
    names: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<usize> {
    let wanted = key(query);
    let wanted = cut(&wanted, 64);
    let mask = letters(wanted);
    // Which letters both have, and how long they are, tells the far ones at once.
    let far = |(letters, length): (u32, usize)| {
        (letters ^ mask).count_ones() as usize + length.abs_diff(wanted.len()) / 4
    };
    let mut known: Vec<(&str, &str)> = Vec::new();
    let mut rough: Vec<(usize, usize, bool)> = Vec::new();
    for (at, (server, name)) in names.enumerate() {
        let (own, before) = (outline(name), outline(server));
        let both = (own.0 | before.0, own.1 + before.1);
        let is_own = far(own) <= far(both);
        rough.push((far(own).min(far(both)), at, is_own));
        known.push((server, name));
    }
    rough.sort_unstable();
    rough.truncate(COMPARED);
    let rough: Vec<(usize, String)> = rough
        .into_iter()
        .map(|(_, at, is_own)| {
            let (server, name) = known[at];
            (
                at,
                if is_own {
                    key(name)
                } else {
                    key_of(server, name)
                },
            )
        })
        .collect();
    let mut near: Vec<(f64, usize)> = rough
        .iter()
        .map(|(at, key)| (strsim::jaro_winkler(wanted, cut(key, 64)), *at))
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    near.into_iter().take(OFFERED).map(|(_, at)| at).collect()
}

/// The letters and the length of a name, without case and separators.
fn outline(name: &str) -> (u32, usize) {
    let plain = name
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    plain.fold((0, 0), |(mask, length), byte| {
        (mask | letter(byte.to_ascii_lowercase()), length + 1)
    })
}

/// Without the prefix that clients and scripts write before a name.
fn stripped(text: &str) -> &str {
    let text = text.trim().trim_end_matches("()");
    ["mcp-server:", "mcp__", "mcp:"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text)
}

/// `github.get_issue`, `github/getIssue` and `github__get-issue` are one name.
fn key(name: &str) -> String {
    // `mcp-server:github/tools#get_issue`: the interface of a server is always `tools`.
    let name = cut(name, 2 * LONGEST_NAME).replace("/tools#", "#");
    let plain = name.chars().filter(|char| char.is_alphanumeric());
    plain.flat_map(char::to_lowercase).collect()
}

fn key_of(server: &str, name: &str) -> String {
    let mut both = key(server);
    both.push_str(&key(name));
    both
}

/// A tool as a script calls it: `git_history.get_commit` for `get_commit` of `git-history`.
#[must_use]
pub fn callable(server: &str, name: &str) -> String {
    format!("{}.{}", identifier(server), identifier(name))
}

/// A name that JavaScript takes: letters, digits, `_` and `$`.
fn identifier(name: &str) -> String {
    const LONGEST: usize = 256;
    let letter = |char: char| {
        if char.is_alphanumeric() || char == '$' {
            char
        } else {
            '_'
        }
    };
    let mut out: String = name.chars().take(LONGEST).map(letter).collect();
    if out.chars().next().is_none_or(char::is_numeric) {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.add(0, "github", "get_issue");
        names.add(1, "git-lab", "get_issue");
        names.add(2, "github", "list");
        names
    }

    #[test]
    fn every_spelling_of_a_name_is_found() {
        for spelling in [
            "github.get_issue",
            "github/get_issue",
            "github__get_issue",
            "mcp__github__get_issue",
            "mcp-server:github/tools#get-issue",
            "githubGetIssue",
            "`github.getIssue()`",
        ] {
            assert_eq!(names().exact(spelling), [0], "{spelling}");
        }
        assert_eq!(names().exact("get_issue"), [0, 1]);
        assert_eq!(names().exact("get issue"), [0, 1]);
        assert_eq!(names().exact("gitlab.get_issue"), [1]);
        assert!(names().exact("issue").is_empty());
    }

    #[test]
    fn names_within_a_sentence_are_found_and_words_are_not() {
        assert_eq!(
            names().exact("call github.list and then get_issue."),
            [2, 0, 1]
        );
        assert!(names().exact("list every issue").is_empty());
    }

    #[test]
    fn the_nearest_names_come_first() {
        let known = [
            ("files", "read"),
            ("github", "get_issue"),
            ("github", "get_issues"),
        ];
        let near = nearest("get_isue", known.iter().copied());
        assert_eq!(near, [1, 2, 0]);
        assert_eq!(nearest("x", [].into_iter()), Vec::<usize>::new());
    }
}
