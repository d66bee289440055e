//! Categories as a person gives them: a file in TOML with one `[[category]]` for each heading.

use mcp_codegen::Tool;
use serde::Deserialize;

use super::category::{Category, OTHER};

/// The most bytes of such a file.
pub const LONGEST: u64 = 1 << 20;
/// The most categories, and the most patterns of one.
const MOST: usize = 500;

/// What the file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    #[serde(default)]
    category: Vec<One>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    title: String,
    /// Names of tools; `*` stands for any characters.
    tools: Vec<String>,
    #[serde(default)]
    keywords: Vec<String>,
}

/// Why a file has no categories.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BadCategories {
    /// It is no such TOML: the message of the parser, with line and column.
    #[error("the categories are not read: {0}")]
    Form(String),
    /// It has no `[[category]]`.
    #[error("the file has no `[[category]]`")]
    None,
    /// More than are read.
    #[error("the file has more than {MOST} categories, or one with more than {MOST} tools")]
    TooMany,
}

impl Given {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// [`BadCategories`].
    pub fn parse(text: &str) -> Result<Self, BadCategories> {
        let given: Self =
            toml::from_str(text).map_err(|error| BadCategories::Form(error.to_string()))?;
        if given.category.is_empty() {
            return Err(BadCategories::None);
        }
        let too_many = |one: &One| one.tools.len() > MOST;
        if given.category.len() > MOST || given.category.iter().any(too_many) {
            return Err(BadCategories::TooMany);
        }
        Ok(given)
    }

    /// Sorts the tools in the order of the file: a tool is under the first heading that has a pattern for it. Beside
    /// them are the patterns that no tool has.
    #[must_use]
    pub fn sort(&self, tools: &[Tool]) -> (Vec<Category>, Vec<String>) {
        let mut left: Vec<usize> = (0..tools.len()).collect();
        let (mut found, mut unused) = (Vec::new(), Vec::new());
        for one in &self.category {
            for pattern in &one.tools {
                if !tools.iter().any(|tool| matches(pattern, &tool.name)) {
                    unused.push(pattern.clone());
                }
            }
            let is_here = |at: &usize| {
                one.tools
                    .iter()
                    .any(|pattern| matches(pattern, &tools[*at].name))
            };
            let (here, rest): (Vec<usize>, Vec<usize>) = left.into_iter().partition(is_here);
            left = rest;
            if !here.is_empty() {
                found.push(Category {
                    title: one.title.clone(),
                    keywords: one.keywords.clone(),
                    tools: here,
                });
            }
        }
        if !left.is_empty() {
            found.push(Category {
                title: OTHER.to_owned(),
                keywords: Vec::new(),
                tools: left,
            });
        }
        (found, unused)
    }
}

/// Whether a name fits a pattern. Takes time in proportion to both lengths.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, fits) in [
            ("get_issue", "get_issue", true),
            ("get_issue", "get_issues", false),
            ("*issue*", "list_issues", true),
            ("get_*_by_*", "get_release_by_tag", true),
            ("a*a", "a", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_with_the_place() {
        let error = |text| Given::parse(text).map(drop).unwrap_err().to_string();
        let unknown = error("[[category]]\ntitle = \"A\"\ntools = []\ncolour = 1\n");
        assert!(
            unknown.contains("line 4, column 1") && unknown.contains("colour"),
            "{unknown}"
        );
        assert_eq!(error("# nothing\n"), "the file has no `[[category]]`");
        assert!(error("[[category]]\ntitle = 3\n").contains("line 2"));
    }
}
