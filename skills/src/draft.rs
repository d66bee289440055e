//! A version of a skill before it is saved: in memory, and checked as a whole.

use mcp_bridge::{Tool, definition_hash};
use serde::{Deserialize, Serialize};

use crate::digest::{self, Files};
use crate::kind::Kind;
use crate::name::Name;
use crate::path::SkillPath;
use crate::record::{Metadata, Origin, ToolRecord};

/// The most files of a version.
pub(crate) const MOST_FILES: usize = 128;

/// The most bytes of all files of a version. A component has at most 64 MiB.
pub(crate) const MOST_BYTES: usize = 96 << 20;

/// The most characters of a description (agentskills.io, "Specification", `description`).
const LONGEST_DESCRIPTION: usize = 1024;

/// The most characters of `compatibility`.
const LONGEST_COMPATIBILITY: usize = 500;

/// A tool that the skill imports, as its server defined it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportedTool {
    /// The name of the server in the configuration.
    pub server: String,
    /// Its definition.
    pub tool: Tool,
}

/// A version of a skill before it is saved.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its name.
    pub name: Name,
    /// What its entry is.
    pub kind: Kind,
    /// What it does and when to use it, in 1 to 1,024 characters.
    pub description: String,
    /// Its license, if it has one.
    pub license: Option<String>,
    /// What it needs of an environment, in at most 500 characters.
    pub compatibility: Option<String>,
    /// The words of searches that found its tools, for [`crate::documents`].
    pub words: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// The tools that it may call by an import, in the order of the manifest.
    pub tools: Vec<ImportedTool>,
    /// Its files: the entry at [`Kind::entry`], `SKILL.md`, and more. [`Draft::new`] adds the entry and the definitions
    /// of the tools.
    pub files: Files,
}

/// Why a draft cannot be saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDraft {
    /// The description is empty, or too long.
    #[error("the description of a skill has 1 to 1024 characters, and this one {0}")]
    Description(usize),
    /// The text is too long.
    #[error("`compatibility` of a skill has at most 500 characters, and this one {0}")]
    Compatibility(usize),
    /// A file is missing.
    #[error("the skill has no `{0}`")]
    Missing(SkillPath),
    /// Too many files.
    #[error("the skill has {0} files, and at most {most} are kept", most = MOST_FILES)]
    TooManyFiles(usize),
    /// Too many bytes.
    #[error("the files of the skill have {0} bytes, and at most {most} are kept", most = MOST_BYTES)]
    TooLarge(usize),
    /// A file stands where another has a directory.
    #[error("`{0}` is a file and a directory of the skill")]
    Clash(String),
}

impl Draft {
    /// A draft with its entry, and with the definitions of its tools as `assets/tools.json`. `SKILL.md` is still
    /// missing.
    #[must_use]
    pub fn new(
        name: Name,
        kind: Kind,
        description: String,
        entry: Vec<u8>,
        tools: Vec<ImportedTool>,
        origin: Origin,
    ) -> Self {
        let mut files = Files::new();
        files.insert(kind.entry(&name), entry);
        // Definitions that were read as JSON can be written as JSON.
        let mut text = serde_json::to_vec_pretty(&tools).unwrap_or_default();
        text.push(b'\n');
        files.insert(SkillPath::tools(), text);
        Self {
            name,
            kind,
            description,
            license: None,
            compatibility: None,
            words: Vec::new(),
            origin,
            tools,
            files,
        }
    }

    /// What `SKILL.md` says of it under `metadata`, if it becomes this version.
    #[must_use]
    pub fn metadata(&self, version: u32) -> Metadata {
        Metadata {
            entry: self.kind.entry(&self.name),
            imports: self.tool_records().iter().map(ToolRecord::name).collect(),
            digest: digest::contents(&self.files),
            schemas: schemas(&self.tools),
            version,
        }
    }

    /// Its tools as the record of the version has them.
    pub(crate) fn tool_records(&self) -> Vec<ToolRecord> {
        let tools = self.tools.iter();
        tools
            .map(|imported| ToolRecord {
                server: imported.server.clone(),
                tool: imported.tool.name.to_string(),
                read_only: imported
                    .tool
                    .annotations
                    .as_ref()
                    .and_then(|hints| hints.read_only_hint)
                    .unwrap_or(false),
            })
            .collect()
    }

    /// Whether it can be saved.
    ///
    /// # Errors
    ///
    /// [`BadDraft`].
    pub fn check(&self) -> Result<(), BadDraft> {
        let characters = self.description.trim().chars().count();
        if !(1..=LONGEST_DESCRIPTION).contains(&characters) {
            return Err(BadDraft::Description(characters));
        }
        let compatibility = self.compatibility.as_deref().unwrap_or_default();
        let characters = compatibility.chars().count();
        if characters > LONGEST_COMPATIBILITY {
            return Err(BadDraft::Compatibility(characters));
        }
        for needed in [
            SkillPath::skill_md(),
            self.kind.entry(&self.name),
            SkillPath::tools(),
        ] {
            if !self.files.contains_key(&needed) {
                return Err(BadDraft::Missing(needed));
            }
        }
        if self.files.len() > MOST_FILES {
            return Err(BadDraft::TooManyFiles(self.files.len()));
        }
        let bytes = self.files.values().map(Vec::len).sum();
        if bytes > MOST_BYTES {
            return Err(BadDraft::TooLarge(bytes));
        }
        for path in self.files.keys() {
            for (at, _) in path.as_str().match_indices('/') {
                let above = &path.as_str()[..at];
                if self.files.contains_key(&SkillPath::known(above)) {
                    return Err(BadDraft::Clash(above.to_owned()));
                }
            }
        }
        Ok(())
    }
}

/// The digest of the definitions of the imported tools: BLAKE3 over server, tool and [`definition_hash`] of each, in
/// the order of their names.
pub(crate) fn schemas(tools: &[ImportedTool]) -> blake3::Hash {
    let mut lines: Vec<_> = tools
        .iter()
        .map(|imported| (&imported.server, &imported.tool))
        .collect();
    lines.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    let mut hasher = blake3::Hasher::new();
    for (server, tool) in lines {
        for piece in [server.as_bytes(), tool.name.as_bytes()] {
            hasher.update(&(piece.len() as u64).to_le_bytes());
            hasher.update(piece);
        }
        hasher.update(definition_hash(tool).as_bytes());
    }
    hasher.finalize()
}
