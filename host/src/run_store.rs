//! The runs that have a ledger, each in a directory of its own: what was run, for whom, and the ledger. Names that are
//! no ids of runs reach no path. Decides nothing, and runs nothing.

mod info;
mod look;
mod prune;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use mcp_bridge::{NamedFileError, durable, named_file, private_dir};

use crate::ledger::{Ledger, LedgerError};
use crate::recording::Recording;
use crate::rules::determinism::random;

pub use info::{RunInfo, RunOwner};
pub use look::{Glance, RunStamp};

const INFO: &str = "run.json";
const SOURCE: &str = "source";
const LEDGER: &str = "ledger.jsonl";

/// The longest description of a run, in bytes: it has the results of earlier runs that a script imports.
const LONGEST_INFO: u64 = 128 << 20;

/// The longest script that is kept, in bytes.
const LONGEST_SOURCE: u64 = 1 << 20;

/// Letters of an id: no two of them look alike.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A run that cannot be kept, or found.
#[derive(Debug, thiserror::Error)]
pub enum RunStoreError {
    /// There is no run with this id.
    #[error("no run `{0}` is kept; `mcp-host runs` lists those that are")]
    NotFound(String),
    /// The text is no id of a run.
    #[error("`{0}` is not the id of a run, such as r_7f3k2m9q")]
    NoId(String),
    /// Other users can write to the directory.
    #[error(transparent)]
    Dir(#[from] private_dir::PrivateDirError),
    /// A file of it cannot be read or written.
    #[error("failed to use `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Its ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The runs of this user.
#[derive(Debug, Clone)]
pub struct RunStore {
    dir: PathBuf,
}

/// Whether the text is an id of a run.
fn is_id(text: &str) -> bool {
    let rest = text.strip_prefix("r_");
    rest.is_some_and(|rest| rest.len() == 8 && rest.bytes().all(|byte| LETTERS.contains(&byte)))
}

/// The id that these bits make: a letter, `_` and 8 characters. `r` is of a run that agents and users may name, `x` of
/// one that only a log knows.
#[must_use]
pub fn run_id(kind: char, bits: u64) -> String {
    let letter = |at: u32| {
        let index = usize::try_from((bits >> (5 * at)) & 31).unwrap_or_default();
        char::from(LETTERS[index])
    };
    [kind, '_'].into_iter().chain((0..8).map(letter)).collect()
}

impl RunStore {
    /// The runs in this directory, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or other users can write to it.
    pub fn open(dir: PathBuf) -> Result<Self, RunStoreError> {
        private_dir::ensure(&dir, private_dir::Others::Nothing)?;
        Ok(Self { dir })
    }

    /// An id that no run has.
    ///
    /// # Errors
    ///
    /// When the OS has no random numbers.
    pub fn new_id() -> io::Result<String> {
        random().map(|bits| run_id('r', u64::from_le_bytes(bits)))
    }

    /// Keeps a new run. The file is for its ledger.
    ///
    /// # Errors
    ///
    /// When there is such a run, and when a file cannot be written.
    pub fn create(&self, info: &RunInfo, source: Option<&[u8]>) -> Result<File, RunStoreError> {
        let dir = self.path(&info.id)?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| RunStoreError::File { path, source }
        };
        // Before it is there: it is not one of those that make room.
        self.make_room(&info.id);
        DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .map_err(failed(&dir))?;
        if let Some(source) = source {
            let path = dir.join(SOURCE);
            new_file(&path)
                .and_then(|mut file| io::Write::write_all(&mut file, source))
                .map_err(failed(&path))?;
        }
        // Not kept on the disk yet: the first pause does that, and waits for the disk.
        let path = dir.join(INFO);
        let text = serde_json::to_vec(info).map_err(io::Error::from);
        text.and_then(|text| io::Write::write_all(&mut new_file(&path)?, &text))
            .map_err(failed(&path))?;
        let path = dir.join(LEDGER);
        new_file(&path).map_err(failed(&path))
    }

    /// Writes what changed about a run.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, info: &RunInfo) -> Result<(), RunStoreError> {
        let path = self.path(&info.id)?.join(INFO);
        let text = serde_json::to_vec(info).map_err(io::Error::from);
        let written = text.and_then(|text| durable::write_private(&path, &text));
        written.map_err(|source| RunStoreError::File { path, source })
    }

    /// What is known of a run.
    ///
    /// # Errors
    ///
    /// When there is no such run.
    pub fn info(&self, id: &str) -> Result<RunInfo, RunStoreError> {
        let path = self.path(id)?.join(INFO);
        let failed = |error: io::Error| RunStoreError::File {
            path: path.clone(),
            source: error,
        };
        match named_file::read(&path, LONGEST_INFO) {
            Ok(text) => {
                let mut info: RunInfo =
                    serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
                info.id = id.to_owned();
                Ok(info)
            }
            Err(error) if error.is_not_found() => Err(RunStoreError::NotFound(id.to_owned())),
            Err(error) => Err(failed(other(error))),
        }
    }

    /// The text of the script that ran.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn source(&self, id: &str) -> Result<String, RunStoreError> {
        let path = self.path(id)?.join(SOURCE);
        let read = named_file::read_text(&path, LONGEST_SOURCE);
        read.map_err(|error| RunStoreError::File {
            path,
            source: other(error),
        })
    }

    /// The ledger of a run, which this process has from now on.
    ///
    /// # Errors
    ///
    /// When there is no such run, and those of [`Ledger::open`].
    pub fn ledger(&self, id: &str) -> Result<Ledger, RunStoreError> {
        let dir = self.path(id)?;
        if !dir.is_dir() {
            return Err(RunStoreError::NotFound(id.to_owned()));
        }
        Ok(Ledger::open(&dir.join(LEDGER))?)
    }

    /// The ledger of a run that is over, as a recording: see [`Ledger::recording`].
    ///
    /// # Errors
    ///
    /// When there is no such run, and those of [`Ledger::recording`].
    pub fn recording(&self, id: &str) -> Result<Recording, RunStoreError> {
        let dir = self.path(id)?;
        if !dir.is_dir() {
            return Err(RunStoreError::NotFound(id.to_owned()));
        }
        Ok(Ledger::recording(&dir.join(LEDGER))?)
    }

    /// The bytes of the ledger of a run, if they are at most so many. They are not checked: see
    /// [`RunStore::recording`].
    ///
    /// # Errors
    ///
    /// When there is no such run, and when the ledger is longer or cannot be read.
    pub fn ledger_text(&self, id: &str, most: u64) -> Result<Vec<u8>, RunStoreError> {
        let path = self.path(id)?.join(LEDGER);
        named_file::read(&path, most).map_err(|error| match error.is_not_found() {
            true => RunStoreError::NotFound(id.to_owned()),
            false => RunStoreError::File {
                path,
                source: other(error),
            },
        })
    }

    /// All runs, the newest first, without the results that they import.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn list(&self) -> Result<Vec<RunInfo>, RunStoreError> {
        let failed = |source| RunStoreError::File {
            path: self.dir.clone(),
            source,
        };
        let mut runs = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(id) = name.to_str().filter(|name| is_id(name)) else {
                continue;
            };
            match self.info(id) {
                // What a run imports may be large, and all runs are held at once.
                Ok(info) => runs.push(RunInfo {
                    earlier: BTreeMap::new(),
                    ..info
                }),
                Err(error) => {
                    let error = mcp_bridge::with_causes(&error);
                    tracing::warn!(run = id, error, "the run is not readable");
                }
            }
        }
        runs.sort_by(|a, b| b.began.cmp(&a.began).then_with(|| a.id.cmp(&b.id)));
        Ok(runs)
    }

    /// Removes a run.
    ///
    /// # Errors
    ///
    /// When there is no such run, or another process has it.
    pub fn remove(&self, id: &str) -> Result<(), RunStoreError> {
        let dir = self.path(id)?;
        if !dir.is_dir() {
            return Err(RunStoreError::NotFound(id.to_owned()));
        }
        // A run whose ledger is damaged can be removed too.
        let _held = match Ledger::open(&dir.join(LEDGER)) {
            Err(error @ LedgerError::InUse) => return Err(error.into()),
            opened => opened.ok(),
        };
        fs::remove_dir_all(&dir).map_err(|source| RunStoreError::File { path: dir, source })
    }

    /// The directory of a run.
    fn path(&self, id: &str) -> Result<PathBuf, RunStoreError> {
        match is_id(id) {
            true => Ok(self.dir.join(id)),
            false => {
                let shown = mcp_bridge::text::line(&mcp_bridge::text::short(id, 40)).into_owned();
                Err(RunStoreError::NoId(shown))
            }
        }
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    options.open(path)
}

fn other(error: NamedFileError) -> io::Error {
    match error {
        NamedFileError::Io(error) => error,
        error => io::Error::other(error),
    }
}

#[cfg(test)]
#[path = "run_store/tests.rs"]
mod tests;
