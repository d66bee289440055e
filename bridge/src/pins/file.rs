//! `mcp.lock` on disk: JSON, sorted, the same bytes for the same pins, so that a change of it can be
//! reviewed like code. Holds the definitions beside their hashes, because a hash alone has no diff.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::definition::{Pin, hash_of};
use super::diff::is_plain;
use crate::durable;
use crate::named_file::{self, NamedFileError};

/// The version of the format that this program writes, and the only one that it reads.
const VERSION: u32 = 1;
/// The largest lock that is read, in bytes: far more than the tools of a hundred servers.
const MAX_BYTES: u64 = 64 << 20;

/// Why a lock cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The file exists but cannot be read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: NamedFileError,
    },
    /// The file is not what `server pin` wrote.
    #[error(
        "`{}` is not a lock of pinned tools: {message}: restore it, or delete it and run \
         `mcp-host server pin` again",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A newer program wrote the file.
    #[error(
        "`{}` is a lock of version {version}, and this program reads version {VERSION}: use a newer \
         one",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        version: u32,
    },
    /// The file cannot be written.
    #[error("failed to write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no configuration file.
    #[error("there is no configuration file to write a lock beside")]
    NoConfig,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "version")]
    _version: u32,
    servers: BTreeMap<String, BTreeMap<String, Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    blake3: String,
    definition: Box<RawValue>,
}

/// The same for writing, which lays out the definition like the rest.
#[derive(Serialize)]
struct Written {
    version: u32,
    servers: BTreeMap<String, BTreeMap<String, WrittenEntry>>,
}

#[derive(Serialize)]
struct WrittenEntry {
    blake3: String,
    definition: Value,
}

pub(super) type Pins = BTreeMap<String, Pin>;
pub(super) type Servers = BTreeMap<String, Arc<Pins>>;

fn fault(text: &str, error: &serde_json::Error) -> String {
    mcp_codegen::mend::fault(text.as_bytes(), error)
}

/// Reads the file. What its definitions say is not looked at: [`check`] does that.
pub(super) fn read(path: &Path) -> Result<Servers, LockError> {
    let text = match named_file::read_text(path, MAX_BYTES) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(Servers::new()),
        Err(source) => {
            return Err(LockError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let malformed = |message: String| LockError::Malformed {
        path: path.to_owned(),
        message,
    };
    // The version first: what follows may look quite different in another.
    let Versioned { version } =
        serde_json::from_str(&text).map_err(|error| malformed(fault(&text, &error)))?;
    if version != VERSION {
        return Err(LockError::Version {
            path: path.to_owned(),
            version,
        });
    }
    let document: Document =
        serde_json::from_str(&text).map_err(|error| malformed(fault(&text, &error)))?;
    let mut servers = Servers::new();
    for (server, tools) in document.servers {
        let mut pins = BTreeMap::new();
        for (tool, entry) in tools {
            let Ok(hash) = blake3::Hash::from_hex(&entry.blake3) else {
                return Err(malformed(not_its_hash(&server, &tool)));
            };
            let definition = entry.definition.into();
            pins.insert(tool, Pin { hash, definition });
        }
        servers.insert(server, pins.into());
    }
    Ok(servers)
}

/// Checks that each definition has its hash. One that was edited would be shown as what was accepted.
pub(super) fn check(path: &Path, servers: &Servers) -> Result<(), LockError> {
    for (server, pins) in servers {
        for (tool, pin) in pins.iter() {
            let is_intact = pin.read().is_ok_and(|definition| {
                let name = definition.get("name").and_then(Value::as_str);
                name == Some(tool) && hash_of(&definition) == pin.hash
            });
            if !is_intact {
                return Err(LockError::Malformed {
                    path: path.to_owned(),
                    message: not_its_hash(server, tool),
                });
            }
        }
    }
    Ok(())
}

fn not_its_hash(server: &str, tool: &str) -> String {
    format!("the definition of tool `{tool}` of server `{server}` does not match its hash")
}

pub(super) fn write(path: &Path, servers: &Servers) -> Result<(), LockError> {
    let write = || {
        let mut document = Written {
            version: VERSION,
            servers: BTreeMap::new(),
        };
        for (server, pins) in servers {
            let mut entries = BTreeMap::new();
            for (tool, pin) in pins.iter() {
                let entry = WrittenEntry {
                    blake3: pin.hash.to_hex().to_string(),
                    definition: pin.read()?,
                };
                entries.insert(tool.clone(), entry);
            }
            document.servers.insert(server.clone(), entries);
        }
        let mut text = sanitize(&serde_json::to_string_pretty(&document)?);
        text.push('\n');
        // Pins go with the configuration into version control, so they are as readable as it is.
        durable::write(path, text.as_bytes())
    };
    write().map_err(|source| LockError::Write {
        path: path.to_owned(),
        source,
    })
}

/// JSON in which no invisible character stands as itself: reviewers must see what they accept. Such
/// characters occur in strings alone, where `\u` may stand for them.
fn sanitize(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if !is_plain(letter) && letter != '\n' {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(letter);
        }
    }
    text
}
