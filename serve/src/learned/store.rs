//! What was learned, in memory and on disk: one file for each definition of a tool, for its owner alone. A definition
//! that changed has another file, and starts anew.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mcp_bridge::private_dir::{Others, PrivateDirError, ensure};
use mcp_bridge::{Tool, definition_hash, named_file};
use serde::{Deserialize, Serialize};

use super::seen::Seen;

/// Calls of one definition that are learned from.
pub(super) const MOST_CALLS: u32 = 20;

/// Bytes of one file.
const LONGEST_FILE: u64 = 128 << 10;

/// Definitions that are held in memory, and files in the directory.
const MOST_TOOLS: usize = 4_096;

/// The same of one of many users.
const MOST_TOOLS_OF_USER: usize = 256;

const VERSION: u32 = 1;

/// What was seen of one definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Learned {
    #[serde(rename = "mcp-host-learned")]
    version: u32,
    /// Calls that it comes from.
    pub(super) calls: u32,
    /// What a script gets.
    pub(super) value: Seen,
    /// What the text is, where every answer was a text that is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) json: Option<Seen>,
}

impl Learned {
    /// The first call, or one more.
    pub(super) fn and(self, value: Seen, json: Option<Seen>) -> Self {
        let json = match (self.calls, self.json, json) {
            (0, _, json) => json,
            (_, Some(before), Some(now)) => Some(before.with(now).bounded()),
            _ => None,
        };
        Self {
            version: VERSION,
            calls: self.calls.saturating_add(1),
            value: self.value.with(value).bounded(),
            json,
        }
    }
}

pub(super) struct Store {
    /// `None`: it is kept in memory only.
    dir: Option<PathBuf>,
    /// The most definitions.
    most: usize,
    known: Mutex<HashMap<String, Learned>>,
}

impl Store {
    /// Uses the directory, and makes it if it is missing.
    pub(super) fn open(dir: &Path) -> Result<Self, PrivateDirError> {
        ensure(dir, Others::Nothing)?;
        Ok(Self {
            dir: Some(dir.to_owned()),
            ..Self::in_memory()
        })
    }

    pub(super) fn in_memory() -> Self {
        Self {
            dir: None,
            most: MOST_TOOLS,
            known: Mutex::default(),
        }
    }

    /// The same for fewer definitions.
    pub(super) fn for_user(self) -> Self {
        Self {
            most: MOST_TOOLS_OF_USER,
            ..self
        }
    }

    /// What is known of the definition that this tool has now.
    pub(super) fn get(&self, server: &str, tool: &Tool) -> Option<Learned> {
        let key = key(server, tool);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(&key) && known.len() < self.most {
            let learned = self.read(&key).unwrap_or_default();
            known.insert(key.clone(), learned);
        }
        known.get(&key).filter(|learned| learned.calls > 0).cloned()
    }

    /// Adds what one call gave, and returns what has to be written, if that is something new.
    pub(super) fn add(
        &self,
        server: &str,
        tool: &Tool,
        value: Seen,
        json: Option<Seen>,
    ) -> Option<Write> {
        let before = self.get(server, tool).unwrap_or_default();
        let key = key(server, tool);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = known.get_mut(&key)?;
        *now = std::mem::take(now).and(value, json);
        let is_new = before.value != now.value || before.json != now.json;
        if !is_new && !matches!(now.calls, 2 | 3 | 5 | 10 | MOST_CALLS) {
            return None;
        }
        Some(Write {
            file: self.dir.as_ref()?.join(format!("{key}.json")),
            most: self.most,
            learned: now.clone(),
        })
    }

    fn read(&self, key: &str) -> Option<Learned> {
        let file = self.dir.as_ref()?.join(format!("{key}.json"));
        let text = named_file::read_text(&file, LONGEST_FILE).ok()?;
        let learned: Learned = serde_json::from_str(&text).ok()?;
        let is_own = learned.value.is_own() && learned.json.as_ref().is_none_or(Seen::is_own);
        (learned.version == VERSION && is_own).then_some(learned)
    }
}

/// A file to write, beside the threads that answer.
pub(super) struct Write {
    file: PathBuf,
    most: usize,
    learned: Learned,
}

impl Write {
    /// Writes it whole or not at all. A failure costs a later session the type, and nothing else.
    pub(super) fn run(&self) {
        if let Err(error) = self.write() {
            tracing::warn!(%error, "the type of an answer is not kept");
        }
    }

    fn write(&self) -> std::io::Result<()> {
        let Some(dir) = self.file.parent() else {
            return Ok(());
        };
        if !self.file.exists() && fs::read_dir(dir)?.take(self.most).count() >= self.most {
            return Ok(());
        }
        // Its mode is 0600.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        serde_json::to_writer(&mut file, &self.learned)?;
        file.write_all(b"\n")?;
        file.persist(&self.file).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The name of the server, and the digest of the definition.
fn key(server: &str, tool: &Tool) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(server.as_bytes());
    hasher.update(&[0]);
    hasher.update(definition_hash(tool).as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}
