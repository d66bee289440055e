//! Pins: the definitions of a server's tools that the user accepted, and what has changed since.
//!
//! A server that changes a tool's words after it was approved is a known attack, so a changed or a new
//! tool of a pinned server is refused until it is accepted. Decides; `Client` enforces.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rmcp::model::Tool;

mod definition;
mod diff;
mod file;

use definition::Pin;
pub(crate) use definition::hash;
pub use file::LockError;

use crate::config::Config;

/// The pins of one configuration: `mcp.lock` beside `mcp.json`.
#[derive(Debug, Clone, Default)]
pub struct Lock {
    /// Where it is written; `None` for a configuration that is no file.
    path: Option<PathBuf>,
    servers: BTreeMap<String, BTreeMap<String, Pin>>,
}

/// A tool of a pinned server that is not as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Its name on the wire.
    pub tool: String,
    /// What happened to it.
    pub kind: DriftKind,
    /// The definitions as text, line by line, with `-` and `+` before what differs.
    pub diff: String,
}

/// What happened to a tool since its server was pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftKind {
    /// Its definition is another one.
    Changed,
    /// It was not there.
    New,
    /// It is not there any more. Nothing has to be refused.
    Gone,
}

impl DriftKind {
    /// `changed`, `new` or `gone`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

impl Drift {
    /// Why the tool is not called, and what to do.
    #[must_use]
    pub fn refusal(&self, server: &str) -> String {
        let (tool, happened) = (
            &self.tool,
            match self.kind {
                DriftKind::Changed => "changed since the server was pinned",
                DriftKind::New => "is new since the server was pinned",
                DriftKind::Gone => "is gone since the server was pinned",
            },
        );
        format!(
            "tool `{tool}` of server `{server}` {happened}: read the difference, and accept it with \
             `mcp-host server pin {server} --update`"
        )
    }
}

impl Lock {
    /// The lock beside the configuration's file, empty where it is missing: `mcp.lock` for `mcp.json`.
    ///
    /// # Errors
    ///
    /// [`LockError`] if there is one and it cannot be read. It is never taken for an empty one.
    pub fn beside(config: &Config) -> Result<Self, LockError> {
        match config.origin() {
            Some(origin) => Self::of(origin),
            None => Ok(Self::default()),
        }
    }

    /// The lock beside this configuration file.
    ///
    /// # Errors
    ///
    /// As for [`Lock::beside`].
    pub fn of(config: &Path) -> Result<Self, LockError> {
        Self::read(&config.with_extension("lock"))
    }

    /// Reads this file; one that does not exist has no pins.
    ///
    /// # Errors
    ///
    /// [`LockError`] if it exists and cannot be read, or was changed by hand.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        Ok(Self {
            path: Some(path.to_owned()),
            servers: file::read(path)?,
        })
    }

    /// Writes the file at once: a reader sees the old pins or the new ones. The same pins give the
    /// same bytes.
    ///
    /// # Errors
    ///
    /// [`LockError`] if it cannot be written, or there is no configuration to write it beside.
    pub fn write(&self) -> Result<(), LockError> {
        let path = self.path.as_deref().ok_or(LockError::NoConfig)?;
        file::write(path, &self.servers)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether the server's tools are pinned.
    #[must_use]
    pub fn is_pinned(&self, server: &str) -> bool {
        self.servers.contains_key(server)
    }

    /// Accepts these tools, and no others, of the server.
    pub fn pin(&mut self, server: &str, tools: &[Tool]) {
        let pins = tools
            .iter()
            .map(|tool| (tool.name.to_string(), Pin::of(tool)))
            .collect();
        self.servers.insert(server.to_owned(), pins);
    }

    /// Forgets the server. Gives whether it was pinned.
    pub fn unpin(&mut self, server: &str) -> bool {
        self.servers.remove(server).is_some()
    }

    /// What differs from the pins, in the order of the server's list, and what is gone after it.
    /// Nothing does where the server is not pinned.
    #[must_use]
    pub fn drifts(&self, server: &str, tools: &[Tool]) -> Vec<Drift> {
        let Some(pins) = self.servers.get(server) else {
            return Vec::new();
        };
        let mut drifts = Vec::new();
        for tool in tools {
            let live = Pin::of(tool);
            let (kind, pinned) = match pins.get(&*tool.name) {
                Some(pinned) if pinned.hash == live.hash => continue,
                Some(pinned) => (DriftKind::Changed, Some(pinned)),
                None => (DriftKind::New, None),
            };
            drifts.push(Drift {
                tool: tool.name.to_string(),
                kind,
                diff: diff::between(pinned.map(|pin| &pin.definition), Some(&live.definition)),
            });
        }
        let gone = pins
            .iter()
            .filter(|(name, _)| !tools.iter().any(|tool| tool.name == name.as_str()));
        drifts.extend(gone.map(|(name, pin)| Drift {
            tool: name.clone(),
            kind: DriftKind::Gone,
            diff: diff::between(Some(&pin.definition), None),
        }));
        drifts
    }
}

#[cfg(test)]
mod tests;
