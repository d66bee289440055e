//! What the store writes of a version and of a skill, beside the files.

use std::time::{Duration, SystemTime};

use blake3::Hash;
use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::name::Name;
use crate::path::SkillPath;

/// The format that the store writes, and the only one that it reads.
pub(crate) const FORMAT: u32 = 1;

/// What `SKILL.md` says of a version under `metadata`, as `mcp-host.entry` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The file that runs.
    pub entry: SkillPath,
    /// The tools that it may call by an import, as `SERVER/TOOL`.
    pub imports: Vec<String>,
    /// Over all files but the documents: see [`crate::contents`].
    pub digest: Hash,
    /// Over the definitions of the imported tools.
    pub schemas: Hash,
    /// The number of the version, from 1.
    pub version: u32,
}

/// Where a version comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A run that finished, by its id.
    Run(String),
    /// A file or a directory, as the user named it.
    Path(String),
    /// Another version, whose tools were pinned again.
    Version(u32),
}

/// A tool that a version may call by an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRecord {
    /// The name of the server in the configuration.
    pub server: String,
    /// The tool's own name.
    pub tool: String,
    /// Whether the server said that it only reads.
    pub read_only: bool,
}

impl ToolRecord {
    /// `SERVER/TOOL`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.server, self.tool)
    }
}

/// A file of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Where it lies.
    pub path: SkillPath,
    /// How long it is.
    pub bytes: u64,
    /// Its BLAKE3.
    #[serde(with = "hex")]
    pub blake3: Hash,
}

/// What a version is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub(crate) format: u32,
    /// The name of the skill.
    pub name: Name,
    /// The number of the version, from 1.
    pub version: u32,
    /// What its entry is.
    pub kind: Kind,
    /// What it does and when to use it.
    pub description: String,
    /// Its license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// What it needs of an environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compatibility: Option<String>,
    /// The words of searches that found its tools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// When it was saved, in seconds since 1970.
    pub saved: u64,
    /// The tools that it may call by an import.
    pub tools: Vec<ToolRecord>,
    /// The digest of their definitions.
    #[serde(with = "hex")]
    pub schemas: Hash,
    /// The digest of all files, with their paths and lengths.
    #[serde(with = "hex")]
    pub digest: Hash,
    /// Its files, in the order of their paths.
    pub files: Vec<FileRecord>,
}

impl Record {
    /// When it was saved.
    #[must_use]
    pub fn saved_at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(self.saved))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// Which version of a skill is the current one, and what a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    pub(crate) format: u32,
    /// The name of the skill.
    pub name: Name,
    /// The current version.
    pub version: u32,
    /// The highest number that a version has had.
    pub latest: u32,
    /// The digest of the current version.
    #[serde(with = "hex")]
    pub digest: Hash,
    /// What its entry is.
    pub kind: Kind,
    /// What it does and when to use it.
    pub description: String,
    /// The tools that it may call by an import, as `SERVER/TOOL`.
    pub imports: Vec<String>,
}

impl Current {
    pub(crate) fn of(record: &Record, latest: u32) -> Self {
        Self {
            format: FORMAT,
            name: record.name.clone(),
            version: record.version,
            latest,
            digest: record.digest,
            kind: record.kind,
            description: record.description.clone(),
            imports: record.tools.iter().map(ToolRecord::name).collect(),
        }
    }
}

/// A digest as text.
mod hex {
    use blake3::Hash;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hash.to_hex())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(from)?;
        Hash::from_hex(text).map_err(D::Error::custom)
    }
}
