//! What runs: a path, or a saved skill, which is bound to the definitions of its tools.

use std::path::{Path, PathBuf};

use mcp_host::{Catalog, Linked};
use mcp_skills::Kind;

use crate::exit::Failure;
use crate::progress::Progress;
use crate::saved::Saved;
use crate::source::{self, Source};

/// What runs.
pub(crate) struct Place<'a> {
    /// A script or a component.
    pub(crate) path: PathBuf,
    /// The saved skill that it is.
    pub(crate) saved: Option<&'a Saved>,
    /// Its bytes, if they were read already: they run, and the path is not read again.
    pub(crate) bytes: Option<(Kind, &'a [u8])>,
}

impl<'a> Place<'a> {
    /// A script or a component.
    pub(super) fn file(path: PathBuf) -> Self {
        Self {
            path,
            saved: None,
            bytes: None,
        }
    }

    /// A saved skill: the bytes that were compared with its digest.
    pub(crate) fn saved(saved: &'a Saved) -> Self {
        Self {
            path: saved.path.clone(),
            saved: Some(saved),
            bytes: Some((saved.loaded.record.kind, saved.loaded.entry())),
        }
    }

    /// A directory is built first.
    pub(super) async fn of(
        saved: Option<&'a Saved>,
        skill: &Path,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        match saved {
            Some(saved) => Ok(Self::saved(saved)),
            None => source::component(skill, progress).await.map(Self::file),
        }
    }

    /// Reads it, for a run with so much memory, in bytes.
    pub(super) fn read(&self, memory: usize) -> Result<Source, Failure> {
        match self.bytes {
            Some(bytes) => source::of_bytes(bytes, &self.path, memory),
            None => source::read(&self.path, memory),
        }
    }

    /// Refuses a saved skill whose tools are not defined as they were when it was saved.
    pub(super) fn drifted(&self, catalog: &Catalog) -> Result<(), Failure> {
        self.saved.map_or(Ok(()), |saved| saved.drifted(catalog))
    }

    /// Refuses a saved skill that can call a tool whose definition was not saved with it.
    pub(super) fn covers(&self, linked: &Linked) -> Result<(), Failure> {
        self.saved.map_or(Ok(()), |saved| saved.covers(linked))
    }
}
