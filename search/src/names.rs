//! Names as people and models spell them: look-up of exact ones, and the nearest ones where nothing is found. Reads no
//! description.

use std::collections::HashMap;

use crate::bounds::cut;
use crate::vocabulary::letters;

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
        // A word with a separator or a capital inside is a name, not a word of the sentence.
        for token in query.split_whitespace() {
            let token = token.trim_matches(|char: char| !char.is_alphanumeric());
            let is_name = token.contains(['_', '.', '/', ':', '-'])
                || token.chars().skip(1).any(char::is_uppercase);
            if is_name {
                look(token);
            }
        }
        found
    }
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
    let mut rough: Vec<(u32, usize, String)> = names
        .enumerate()
        .map(|(at, (server, name))| {
            let (own, both) = (key(name), key_of(server, name));
            let far = |key: &str| {
                let letters = (letters(key) ^ mask).count_ones();
                letters + u32::try_from(key.len().abs_diff(wanted.len())).unwrap_or(u32::MAX) / 4
            };
            if far(&own) <= far(&both) {
                (far(&own), at, own)
            } else {
                (far(&both), at, both)
            }
        })
        .collect();
    rough.sort_unstable();
    rough.truncate(COMPARED);
    let mut near: Vec<(f64, usize)> = rough
        .iter()
        .map(|(_, at, key)| (strsim::jaro_winkler(wanted, cut(key, 64)), *at))
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    near.into_iter().take(OFFERED).map(|(_, at)| at).collect()
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
