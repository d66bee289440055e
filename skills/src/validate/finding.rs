//! One thing that is wrong with the directory of a skill, where it is, and what to do about it.

use std::fmt;

use serde::Serialize;

use crate::front_matter::Fault;

/// The file that most findings are about.
pub(super) const SKILL_MD: &str = "SKILL.md";

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether the skill can be used as it is.
    pub severity: Severity,
    /// The file, below the directory of the skill.
    pub file: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot be used, or is not what it says.
    Error,
    /// It can be used; some agents may refuse it, or a reader be misled.
    Warning,
}

impl Finding {
    pub(super) fn error(file: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            line: None,
            column: None,
            what: what.into(),
            hint: hint.into(),
        }
    }

    pub(super) fn warning(file: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(file, what, hint)
        }
    }

    pub(super) fn of(fault: &Fault, severity: Severity) -> Self {
        Self {
            severity,
            ..Self::error(SKILL_MD, &fault.what, fault.hint).at((fault.line, fault.column))
        }
    }

    pub(super) fn at(mut self, (line, column): (usize, usize)) -> Self {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }

    pub(super) fn place(&self) -> (bool, String, usize, usize) {
        let line = self.line.unwrap_or(usize::MAX);
        let column = self.column.unwrap_or(usize::MAX);
        (self.file != SKILL_MD, self.file.clone(), line, column)
    }
}

impl fmt::Display for Finding {
    /// `SKILL.md:3:1: error: what is wrong`, and the hint in the next line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}:{}", self.column.unwrap_or(1))?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, ": {severity}: {}\n    {}", self.what, self.hint)
    }
}
