//! Which server an answer came from: its name and everything that makes it what it is.

use secrecy::ExposeSecret as _;

use crate::config::{Endpoint, Launch};

/// A digest of name, command or address, and environment or headers. It cannot be turned back into them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(blake3::Hash);

impl Identity {
    pub(crate) fn of_process(name: &str, launch: &Launch) -> Self {
        let mut parts = Parts::new("process", name);
        parts.add(&launch.command);
        parts.list(launch.args.iter().map(String::as_str));
        let cwd = launch
            .cwd
            .as_ref()
            .map(|cwd| cwd.as_os_str().as_encoded_bytes());
        parts.bytes(cwd.unwrap_or_default());
        parts.list(
            launch
                .env
                .iter()
                .flat_map(|(name, value)| [name, value.expose_secret()]),
        );
        parts.list(launch.unset.iter().map(String::as_str));
        // Without a `cwd` the server works where the program was started.
        if launch.cwd.is_none() {
            let here = std::env::current_dir().unwrap_or_default();
            parts.bytes(here.as_os_str().as_encoded_bytes());
        }
        parts.finish()
    }

    pub(crate) fn of_endpoint(name: &str, endpoint: &Endpoint) -> Self {
        let mut parts = Parts::new("endpoint", name);
        parts.add(endpoint.url.expose_secret());
        parts.list(
            endpoint
                .headers
                .iter()
                .flat_map(|(name, value)| [name, value.expose_secret()]),
        );
        parts.finish()
    }

    /// The same server, reached with this login.
    pub(crate) fn with_login(self, login: &str) -> Self {
        let mut parts = Parts::new("login", login);
        parts.bytes(self.as_bytes());
        parts.finish()
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

/// Each part with its length before it, so that no two lists of parts are the same bytes.
struct Parts(blake3::Hasher);

impl Parts {
    fn new(kind: &str, name: &str) -> Self {
        let mut parts = Self(blake3::Hasher::new_derive_key("mcp-host server identity 1"));
        parts.add(kind);
        parts.add(name);
        parts
    }

    fn add(&mut self, part: &str) {
        self.bytes(part.as_bytes());
    }

    fn bytes(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn list<'a>(&mut self, parts: impl Iterator<Item = &'a str>) {
        let parts: Vec<&str> = parts.collect();
        self.0.update(&(parts.len() as u64).to_le_bytes());
        for part in parts {
            self.add(part);
        }
    }

    fn finish(self) -> Identity {
        Identity(self.0.finalize())
    }
}
