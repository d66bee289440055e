//! Pins: the definitions of a server's tools that the user accepted, and what has changed since.
//!
//! A server that changes a tool's words after it was approved is a known attack, so a changed or a new
//! tool of a pinned server is refused until it is accepted. Decides; `Client` enforces.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rmcp::model::Tool;

mod definition;
mod diff;
mod file;

use definition::Pin;
pub use definition::hash as definition_hash;
pub(crate) use definition::hash;
pub use file::LockError;
use file::Pins;

use crate::config::Config;

/// The pins of one configuration: `mcp.lock` beside `mcp.json`.
#[derive(Debug, Clone, Default)]
pub struct Lock {
    /// Where it is written; `None` for a configuration that is no file.
    path: Option<PathBuf>,
    servers: file::Servers,
}

/// The pins of one server. Without any, every tool is accepted.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerPins(Option<Arc<Pins>>);

/// A tool of a pinned server that is not as it was accepted.
#[derive(Clone)]
pub struct Drift {
    /// Its name on the wire.
    pub tool: String,
    /// What happened to it.
    pub kind: DriftKind,
    pinned: Option<Pin>,
    live: Option<Tool>,
}

/// What happened to a tool since its server was pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftKind {
    /// Its definition is another one.
    Changed,
    /// It was not there.
    New,
    /// The server has no such tool any more. No call has to be refused.
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

impl PartialEq for Drift {
    fn eq(&self, other: &Self) -> bool {
        let hash = |drift: &Self| drift.pinned.as_ref().map(|pin| pin.hash);
        self.tool == other.tool
            && self.kind == other.kind
            && hash(self) == hash(other)
            && self.live == other.live
    }
}

impl fmt::Debug for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.word(), self.tool)
    }
}

impl Drift {
    /// The definitions as text, line by line, with `-` and `+` before what differs. Computed when it is asked for.
    #[must_use]
    pub fn diff(&self) -> String {
        let pinned = self.pinned.as_ref().map(|pin| {
            // What is no definition was edited: it is shown as it stands.
            let edited = |_| pin.definition.get().into();
            pin.read().unwrap_or_else(edited)
        });
        let live = self.live.as_ref().map(definition::definition);
        diff::between(pinned.as_ref(), live.as_ref())
    }

    /// The definition as the server has it now; `None` of a tool that is gone.
    #[must_use]
    pub fn live(&self) -> Option<&Tool> {
        self.live.as_ref()
    }

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

    /// Reads this file; one that does not exist has no pins. The definitions in it are not compared with their hashes:
    /// [`Lock::check`] does that.
    ///
    /// # Errors
    ///
    /// [`LockError`] if it exists and cannot be read.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        Ok(Self {
            path: Some(path.to_owned()),
            servers: file::read(path)?,
        })
    }

    /// Compares each definition with its hash. A tool is accepted by its hash alone, so only a command that shows
    /// definitions, or writes them, has to do this.
    ///
    /// # Errors
    ///
    /// [`LockError::Malformed`] if a definition was changed by hand.
    pub fn check(self) -> Result<Self, LockError> {
        if let Some(path) = &self.path {
            file::check(path, &self.servers)?;
        }
        Ok(self)
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

    /// The servers whose tools are pinned.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.servers.keys().map(String::as_str)
    }

    /// Whether the server's tools are pinned.
    #[must_use]
    pub fn is_pinned(&self, server: &str) -> bool {
        self.servers.contains_key(server)
    }

    /// The accepted tools of the server; `None` where it is not pinned. One whose definition was edited into no tool is
    /// left out.
    #[must_use]
    pub fn accepted(&self, server: &str) -> Option<Vec<Tool>> {
        let pins = self.servers.get(server)?.values();
        let tools = pins.filter_map(|pin| serde_json::from_str(pin.definition.get()).ok());
        Some(tools.collect())
    }

    /// Accepts these tools, and no others, of the server.
    pub fn pin(&mut self, server: &str, tools: &[Tool]) {
        let pins: Pins = tools
            .iter()
            .map(|tool| (tool.name.to_string(), Pin::of(tool)))
            .collect();
        self.servers.insert(server.to_owned(), Arc::new(pins));
    }

    /// Forgets the server. Gives whether it was pinned.
    pub fn unpin(&mut self, server: &str) -> bool {
        self.servers.remove(server).is_some()
    }

    /// The pins of this server.
    pub(crate) fn of_server(&self, server: &str) -> ServerPins {
        ServerPins(self.servers.get(server).map(Arc::clone))
    }

    /// What differs from the pins, in the order of the server's list, and what is gone after it.
    /// Nothing does where the server is not pinned.
    #[must_use]
    pub fn drifts(&self, server: &str, tools: &[Tool]) -> Vec<Drift> {
        let pins = self.of_server(server);
        let refused = tools.iter().filter_map(|tool| pins.drift(tool));
        let mut drifts: Vec<Drift> = refused.collect();
        drifts.extend(pins.gone(tools));
        drifts
    }
}

impl ServerPins {
    /// Whether a tool of this name was accepted, in whatever form.
    pub(crate) fn knows(&self, tool: &str) -> bool {
        let Self(pins) = self;
        pins.as_ref().is_none_or(|pins| pins.contains_key(tool))
    }

    /// Why the tool may not be called. Its definition is hashed for that.
    pub(crate) fn drift(&self, tool: &Tool) -> Option<Drift> {
        let pins = self.0.as_ref()?;
        let pinned = pins.get(&*tool.name);
        let kind = match pinned {
            Some(pinned) if pinned.hash == hash(tool) => return None,
            Some(_) => DriftKind::Changed,
            None => DriftKind::New,
        };
        Some(Drift {
            tool: tool.name.to_string(),
            kind,
            pinned: pinned.cloned(),
            live: Some(tool.clone()),
        })
    }

    /// What was accepted and is not listed.
    pub(crate) fn gone(&self, tools: &[Tool]) -> Vec<Drift> {
        let Some(pins) = &self.0 else {
            return Vec::new();
        };
        let listed: HashSet<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        let gone = pins
            .iter()
            .filter(|(name, _)| !listed.contains(name.as_str()));
        let gone = gone.map(|(name, pin)| Drift {
            tool: name.clone(),
            kind: DriftKind::Gone,
            pinned: Some(pin.clone()),
            live: None,
        });
        gone.collect()
    }
}

#[cfg(test)]
mod tests;
