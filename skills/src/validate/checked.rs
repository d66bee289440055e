//! The directory of a skill in memory, as far as it is checked.

use serde_json::Value;

use crate::digest::Files;
use crate::path::SkillPath;

/// The directory of a skill, read into memory.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The name of the directory, if it has one.
    pub directory: Option<String>,
    /// Its files.
    pub files: Files,
    /// What the source of its entry imports; `None`: its front matter names no entry, or the entry is missing.
    pub imported: Option<Result<Vec<Imported>, String>>,
    /// What is in the directory and is no file of a skill, with the reason.
    pub strange: Vec<(String, String)>,
    /// Its recorded runs, or why one is not read.
    pub examples: Vec<(SkillPath, Result<Recorded, String>)>,
}

/// A tool that the source of a skill imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The server, in any spelling.
    pub server: String,
    /// The tool, in any spelling.
    pub tool: String,
    /// Where the source imports it, if it has lines.
    pub line: Option<usize>,
}

/// Input and output of a recorded run.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What went in.
    pub input: Value,
    /// What came out; `None`: the recording does not say.
    pub output: Option<Value>,
}
