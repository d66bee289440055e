//! Where a file of a skill lies, relative to the directory of the skill. Nothing else reaches the disk.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most bytes of a path.
const LONGEST: usize = 255;

/// The most directories above a file, with the file.
const DEEPEST: usize = 6;

/// `SKILL.md`, `scripts/triage.ts`: parts of letters, digits, `.`, `_` and `-`, with `/` between. No part starts with a
/// dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SkillPath(String);

/// Why a text is no path of a file of a skill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It is empty, or has more than 255 bytes, or more than 6 parts.
    #[error("the path of a file of a skill has 1 to 255 bytes and at most 6 parts: {0:?}")]
    Size(String),
    /// A part is empty, begins with a dot, or has another character.
    #[error(
        "a part of a path has letters of ASCII, digits, `.`, `_` and `-`, and starts with no dot: {0:?}"
    )]
    Part(String),
}

impl SkillPath {
    /// What an agent reads first.
    #[must_use]
    pub fn skill_md() -> Self {
        Self::known("SKILL.md")
    }

    /// What an agent reads when it needs more.
    #[must_use]
    pub fn reference_md() -> Self {
        Self::known("references/REFERENCE.md")
    }

    /// The definitions of the tools that the skill imports, as they were when it was saved.
    #[must_use]
    pub fn tools() -> Self {
        Self::known("assets/tools.json")
    }

    /// The JSON Schema of the input.
    #[must_use]
    pub fn input_schema() -> Self {
        Self::known("assets/input.schema.json")
    }

    /// The JSON Schema of the result.
    #[must_use]
    pub fn output_schema() -> Self {
        Self::known("assets/output.schema.json")
    }

    /// The recorded run of this number, from 1.
    #[must_use]
    pub fn example(number: usize) -> Self {
        Self::known(&format!("assets/examples/{number}.jsonl"))
    }

    /// Whether it is a recorded run.
    #[must_use]
    pub fn is_example(&self) -> bool {
        self.0.starts_with("assets/examples/")
    }

    /// A path that this crate makes.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As text, with `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its directories and its name.
    pub(crate) fn parts(&self) -> (Vec<&str>, &str) {
        let mut parts: Vec<&str> = self.0.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        (parts, name)
    }
}

impl FromStr for SkillPath {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        let size = || BadPath::Size(text.chars().take(LONGEST).collect());
        if text.is_empty() || text.len() > LONGEST || text.split('/').count() > DEEPEST {
            return Err(size());
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        for part in text.split('/') {
            if part.is_empty() || part.starts_with('.') || !part.chars().all(fits) {
                return Err(BadPath::Part(part.to_owned()));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for SkillPath {
    type Error = BadPath;

    fn try_from(text: String) -> Result<Self, BadPath> {
        text.parse()
    }
}

impl From<SkillPath> for String {
    fn from(path: SkillPath) -> Self {
        path.0
    }
}

impl fmt::Display for SkillPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_skill_and_are_plain() {
        let long = format!("assets/{}", "x".repeat(249));
        for good in ["SKILL.md", "scripts/a-b_1.ts", "assets/examples/1.jsonl"] {
            assert_eq!(
                good.parse::<SkillPath>().as_ref().map(SkillPath::as_str),
                Ok(good)
            );
        }
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".hidden",
            "a/.git",
            "a\\b",
            "a b",
            "\u{fc}",
            "a\0",
            "a/b/c/d/e/f/g",
            &long,
        ] {
            assert!(bad.parse::<SkillPath>().is_err(), "{bad:?}");
        }
    }
}
