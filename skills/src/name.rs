//! The name of a saved skill, as agentskills.io has it. Nothing else becomes part of a path.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most characters of a name (agentskills.io, "Specification", `name`).
const LONGEST: usize = 64;

/// A name of a saved skill: 1 to 64 of `a-z`, `0-9` and `-`; no `-` at an end, and no two side by side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is no name of a saved skill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// The text is empty.
    #[error("the name of a skill is empty")]
    Empty,
    /// The text has more than 64 characters.
    #[error("the name of a skill has {0} characters, and at most 64 are possible")]
    TooLong(usize),
    /// A character that names do not have.
    #[error("the name of a skill has the character {0:?}: a to z, 0 to 9 and - are possible")]
    Character(char),
    /// A hyphen at the start or at the end, or two side by side.
    #[error("the name of a skill starts or ends with -, or has two side by side")]
    Hyphen,
}

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        if text.is_empty() {
            return Err(BadName::Empty);
        }
        let length = text.chars().count();
        if length > LONGEST {
            return Err(BadName::TooLong(length));
        }
        if let Some(other) = text
            .chars()
            .find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-'))
        {
            return Err(BadName::Character(other));
        }
        if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
            return Err(BadName::Hyphen);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Name {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_agentskills_io() {
        for good in ["a", "triage", "issue-digest-2", &"x".repeat(64)] {
            assert_eq!(good.parse::<Name>().as_ref().map(Name::as_str), Ok(good));
        }
        for (bad, why) in [
            ("", BadName::Empty),
            (&"x".repeat(65), BadName::TooLong(65)),
            ("../etc", BadName::Character('.')),
            ("a/b", BadName::Character('/')),
            ("Triage", BadName::Character('T')),
            ("über", BadName::Character('ü')),
            ("a\0", BadName::Character('\0')),
            ("-a", BadName::Hyphen),
            ("a-", BadName::Hyphen),
            ("a--b", BadName::Hyphen),
        ] {
            assert_eq!(bad.parse::<Name>(), Err(why), "{bad:?}");
        }
    }
}
