//! What the front matter says: the keys of agentskills.io, and ours below `metadata`.

use std::collections::BTreeMap;

use crate::imports::imports_text;
use crate::name::Name;
use crate::record::Metadata;

/// The most characters of a description (agentskills.io, "Specification", `description`).
pub const LONGEST_DESCRIPTION: usize = 1024;
/// The most characters of `compatibility` (the same page).
pub const LONGEST_COMPATIBILITY: usize = 500;

/// Ours among the metadata: where the file that runs is.
pub const ENTRY: &str = "mcp-host.entry";
/// Ours: the tools that it can call, as [`crate::imports_text`] writes them.
pub const IMPORTS: &str = "mcp-host.imports";
/// Ours: the digest of what runs.
pub const DIGEST: &str = "mcp-host.digest";
/// Ours: the digest of the definitions of the imported tools.
pub const SCHEMAS: &str = "mcp-host.schemas";
/// Ours: the number of the version in the store.
pub const VERSION: &str = "mcp-host.version";
/// Ours: which documents an author wrote, by their paths with blanks between. This program writes the others.
pub const AUTHOR: &str = "mcp-host.author";
/// Ours: the MCP server that the page describes. A page that has it is no skill that runs.
pub const SERVER: &str = "mcp-host.server";

/// What the front matter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatter {
    /// The name, which the directory has too.
    pub name: Name,
    /// What it does and when to use it.
    pub description: String,
    /// The licence, or the file that has it.
    pub license: Option<String>,
    /// What it needs.
    pub compatibility: Option<String>,
    /// Texts by their keys. No other top-level key is possible, so what is ours stands here.
    pub metadata: BTreeMap<String, String>,
}

/// What stands under `metadata` of a version.
#[must_use]
pub fn metadata(version: &Metadata) -> BTreeMap<String, String> {
    [
        (ENTRY, version.entry.to_string()),
        (
            IMPORTS,
            imports_text(version.imports.iter().map(String::as_str)),
        ),
        (DIGEST, version.digest.to_hex().to_string()),
        (SCHEMAS, version.schemas.to_hex().to_string()),
        (VERSION, version.version.to_string()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
