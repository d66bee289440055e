//! The tools that each server listed last time, on disk: search answers from them before a server starts. Never trusted
//! for a call: the live list is.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use mcp_bridge::private_dir::{Others, PrivateDirError, ensure};
use mcp_bridge::{Tool, named_file};
use serde::{Deserialize, Serialize};

use crate::list::{List, MOST_BYTES, MOST_TOOLS};

/// The largest file that is read, in bytes: a list, and the line before it.
const MOST: u64 = (MOST_BYTES + MOST_TOOLS + MOST_OF_LINE) as u64;

/// Bytes of the first line.
const MOST_OF_LINE: usize = 16 << 10;

/// The directory of all kept lists.
pub(crate) struct KeptLists {
    dir: PathBuf,
}

/// The first line of a file: what is needed to name the server.
#[derive(Serialize, Deserialize)]
struct Head {
    #[serde(rename = "mcp-host-tools")]
    version: u32,
    server: String,
    /// How many the server listed: the file may have fewer.
    tools: usize,
}

const VERSION: u32 = 1;

impl KeptLists {
    /// Uses the directory, and makes it if it is missing.
    pub(crate) fn open(dir: &Path) -> Result<Self, PrivateDirError> {
        ensure(dir, Others::Nothing)?;
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    /// How many tools a server had, from the beginning of its file.
    pub(crate) fn count(&self, entry: &str, server: &str) -> Option<usize> {
        let file = named_file::open(&self.path(entry, server)).ok()?;
        let mut line = String::new();
        let head = std::io::Read::take(file, MOST_OF_LINE as u64);
        std::io::BufReader::new(head).read_line(&mut line).ok()?;
        head_of(&line, server).map(|head| head.tools)
    }

    /// The tools that a server listed last time.
    pub(crate) fn read(&self, entry: &str, server: &str) -> Option<List> {
        let text = named_file::read_text(&self.path(entry, server), MOST).ok()?;
        let (head, tools) = text.split_once('\n')?;
        let all = head_of(head, server)?.tools;
        let bytes = tools.len();
        let tools: Vec<Tool> = serde_json::from_str(tools).ok()?;
        Some(List {
            tools: tools.into(),
            all,
            bytes,
        })
    }

    /// Keeps the tools of a server. A failure costs the next start its answer, and nothing else.
    pub(crate) fn write(&self, entry: &str, server: &str, list: &List) {
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            let head = Head {
                version: VERSION,
                server: server.to_owned(),
                tools: list.all,
            };
            let mut text = std::io::BufWriter::new(&mut file);
            serde_json::to_writer(&mut text, &head)?;
            text.write_all(b"\n")?;
            serde_json::to_writer(&mut text, &*list.tools)?;
            text.flush()?;
            drop(text);
            file.persist(self.path(entry, server))
                .map_err(|error| error.error)?;
            Ok(())
        };
        if let Err(error) = write() {
            tracing::warn!(%error, server, "the list of tools is not kept");
        }
    }

    /// One file for each entry of each configuration.
    fn path(&self, entry: &str, server: &str) -> PathBuf {
        let mut hasher = blake3::Hasher::new();
        hasher.update(entry.as_bytes());
        hasher.update(&[0]);
        hasher.update(server.as_bytes());
        let name = hasher.finalize().to_hex();
        self.dir.join(format!("{}.tools", &name[..32]))
    }
}

fn head_of(line: &str, server: &str) -> Option<Head> {
    let head: Head = serde_json::from_str(line).ok()?;
    (head.version == VERSION && head.server == server).then_some(head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_list_is_kept_for_its_configuration_and_its_server() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptLists::open(&dir.path().join("lists")).unwrap();
        assert_eq!(kept.count("a.json", "s"), None);
        let tool = Tool::new("t", "d", Arc::new(mcp_bridge::JsonObject::new()));
        kept.write("a.json", "s", &List::of(&[tool.clone(), tool]));
        assert_eq!(kept.count("a.json", "s"), Some(2));
        assert_eq!(kept.read("a.json", "s").unwrap().tools[1].name, "t");
        assert!(kept.read("b.json", "s").is_none() && kept.read("a.json", "x").is_none());
    }

    #[test]
    fn a_broken_file_is_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptLists::open(&dir.path().join("lists")).unwrap();
        for text in [
            "",
            "{}",
            "{\"mcp-host-tools\":9,\"server\":\"s\",\"tools\":1}\n[]",
            "\u{0}",
        ] {
            std::fs::write(kept.path("a", "s"), text).unwrap();
            assert!(kept.read("a", "s").is_none());
            assert!(kept.count("a", "s").is_none());
        }
    }

    #[test]
    fn what_is_no_file_is_as_none_and_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let kept = KeptLists::open(&dir.path().join("lists")).unwrap();
        let path = kept.path("a", "s");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_eq!(kept.count("a", "s"), None);
        assert!(kept.read("a", "s").is_none());
        kept.write("a", "s", &List::of(&[]));
        assert_eq!(kept.count("a", "s"), Some(0));
    }
}
