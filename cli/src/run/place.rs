//! What runs: a path, or a saved skill, which is bound to the definitions of its tools.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use mcp_codegen::names::shown;
use mcp_host::{Catalog, Linked};
use mcp_skills::{Drifted, Kind};

use crate::exit::{Exit, Failure, hidden};
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
        let Some(saved) = self.saved else {
            return Ok(());
        };
        let drifts = saved.loaded.drifted(|server| catalog.known_tools(server));
        if drifts.is_empty() {
            return Ok(());
        }
        let name = &saved.loaded.record.name;
        let version = saved.loaded.record.version;
        let mut text = format!(
            "skill `{name}@{version}` did not run: the definitions of its tools are not those that it was saved with"
        );
        for drifted in &drifts {
            text.push_str(&line(drifted));
        }
        let hint = format!(
            "read the difference; `mcp-host skill retest {name}` tries the skill with the new definitions, and saves a \
             version for them"
        );
        Err(Failure::new(Exit::Link, anyhow!(text)).hint(Some(hint)))
    }

    /// Refuses a saved skill that can call a tool whose definition was not saved with it.
    pub(super) fn covers(&self, linked: &Linked) -> Result<(), Failure> {
        let Some(saved) = self.saved else {
            return Ok(());
        };
        let mut tools = linked.tools().into_iter();
        let Some(other) = tools.find(|tool| !saved.loaded.covers(&tool.server, &tool.tool)) else {
            return Ok(());
        };
        let name = &saved.loaded.record.name;
        let error = anyhow!(
            "skill `{name}` did not run: it was not saved with the definition of tool `{}` of server `{}`",
            shown(&other.tool),
            shown(&other.server)
        );
        let hint = format!(
            "a server that has another name now is another server: `mcp-host skill retest {name}`"
        );
        Err(Failure::new(Exit::Link, error).hint(Some(hint)))
    }
}

/// A line about the tool, and the difference below it.
pub(crate) fn line(drifted: &Drifted) -> String {
    let Drifted { server, drift } = drifted;
    let diff = hidden(&drift.diff()).replace('\n', "\n  ");
    format!(
        "\n{}: tool `{}` of server `{}`\n  {diff}",
        drift.kind.word(),
        shown(&drift.tool),
        shown(server)
    )
}
