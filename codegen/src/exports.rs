//! The names under which a script imports the tools of a server. Decides nothing about their types.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::names;
use crate::typescript::{RESERVED, lower_camel};

/// One tool as a module of scripts exports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export<'t> {
    /// The tool's name on the wire, which is always an export, even where it is no identifier.
    pub tool: &'t str,
    /// The WIT label.
    pub label: Cow<'t, str>,
    /// The further names of the export: camel case, and snake case where the tool's name is no identifier. No two tools
    /// of a server share a name.
    pub aliases: Vec<String>,
}

/// The exports of all tools of one server, in the order given. A name given twice appears once.
///
/// ```
/// let exports = mcp_codegen::exports(["list_issues", "get-issue"]);
/// assert_eq!(exports[0].aliases, ["listIssues"]);
/// assert_eq!(exports[1].aliases, ["get_issue", "getIssue"]);
/// ```
#[must_use]
pub fn exports<'t>(tools: impl IntoIterator<Item = &'t str>) -> Vec<Export<'t>> {
    let labels = names::labels(tools);
    let mut taken: HashSet<String> = labels.iter().map(|(_, tool)| (*tool).to_owned()).collect();
    labels
        .into_iter()
        .map(|(label, tool)| {
            let snake = (!is_identifier(tool)).then(|| label.replace('-', "_"));
            let mut wished: Vec<String> = snake.into_iter().chain([lower_camel(&label)]).collect();
            if label != names::label(tool) {
                // The plain label is another tool's, and this one has a hash that no reader knows.
                wished.clear();
            }
            // Labels differ, and so do their spellings: only the wire name of another tool may take one.
            wished.retain(|alias| taken.insert(alias.clone()));
            Export {
                tool,
                label,
                aliases: wished,
            }
        })
        .collect()
}

/// Whether a module can declare a variable of this name. Only ASCII letters, because editors and people confuse others.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$');
    let further = |c: char| first(c) || c.is_ascii_digit();
    // Not reserved words, but no module can declare them.
    const FIXED: [&str; 4] = ["arguments", "eval", "globalThis", "undefined"];
    name.starts_with(first)
        && name.chars().all(further)
        && !RESERVED.contains(&name)
        && !FIXED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tools: &[&'static str]) -> Vec<Vec<String>> {
        let exports = exports(tools.iter().copied());
        let all = |export: Export<'_>| [vec![export.tool.to_owned()], export.aliases].concat();
        exports.into_iter().map(all).collect()
    }

    #[test]
    fn a_tool_has_its_own_name_and_its_camel_case() {
        assert_eq!(names(&["list_issues"]), [["list_issues", "listIssues"]]);
        assert_eq!(names(&["ping"]), [["ping"]]);
        assert_eq!(names(&["getIssue"]), [["getIssue"]]);
    }

    #[test]
    fn a_name_that_is_no_identifier_has_one_in_snake_case_too() {
        let expected = ["repo.get-file", "repo_get_file", "repoGetFile"];
        assert_eq!(names(&["repo.get-file"]), [expected]);
        assert_eq!(names(&["delete"]), [["delete"]]);
    }

    #[test]
    fn the_name_of_another_tool_is_no_alias() {
        let both = names(&["get-issue", "getIssue", "get_issue"]);
        assert_eq!(both[0][0], "get-issue");
        let all: Vec<&String> = both.iter().flatten().collect();
        let different: HashSet<&String> = all.iter().copied().collect();
        assert_eq!(all.len(), different.len(), "{both:?}");
        assert_eq!(both[1], ["getIssue"]);
    }

    #[test]
    fn reserved_words_and_letters_outside_ascii_are_no_identifiers() {
        assert!(is_identifier("$a_1"));
        for name in ["", "1a", "a-b", "delete", "arguments", "é", "a\u{200d}"] {
            assert!(!is_identifier(name), "{name}");
        }
    }
}
