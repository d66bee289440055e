//! Who this program is to one server: resolved from the configuration once for each connection.
//!
//! A token may be in a file that changes. So every connection has the values that it was opened with, and whatever
//! depends on them, hiding secrets and finding cached responses, asks the connection.

use crate::config::{Config, ConfigError, ServerConfig, Target};
use crate::secret::Secrets;

mod identity;

pub(crate) use identity::Identity;

/// The secrets of all servers of a configuration: for as long as this exists,
/// [`without_secrets`](crate::without_secrets) hides them, also where no server was started.
pub struct KnownSecrets(Vec<Secrets>);

impl KnownSecrets {
    /// Expands the entries of all servers. A server whose entry cannot be expanded gets no secret, and has none here.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let servers = config.names().filter_map(|name| config.entry(name).ok());
        let resolved = servers.filter_map(|server| {
            let resolved = Resolved::of(server, |name| std::env::var(name).ok());
            Some(resolved.ok()?.principal.secrets)
        });
        Self(resolved.collect())
    }

    /// How many servers have an entry that can be expanded.
    #[must_use]
    pub fn servers(&self) -> usize {
        self.0.len()
    }
}

/// What a connection is opened with.
pub(crate) struct Resolved {
    pub(crate) target: Target,
    pub(crate) principal: Principal,
}

/// What stays of it for as long as the connection is in use.
#[derive(Clone)]
pub(crate) struct Principal {
    /// Which responses may be shared: those of the same server, reached with the same values.
    pub(crate) identity: Identity,
    /// What must not be shown of the server's words, nor cached.
    pub(crate) secrets: Secrets,
}

impl Resolved {
    /// Expands every variable of the entry and reads every file that it names, each once.
    pub(crate) fn of(
        config: &ServerConfig,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let target = config.target(variable)?;
        let principal = match &target {
            Target::Process(launch) => Principal {
                identity: Identity::of_process(&config.name, launch),
                secrets: Secrets::of_process(launch),
            },
            Target::Http(endpoint) => Principal {
                identity: Identity::of_endpoint(&config.name, endpoint),
                secrets: Secrets::of_endpoint(endpoint),
            },
        };
        Ok(Self { target, principal })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn secrets_of_servers_that_were_not_started_are_hidden_while_they_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mcp.json");
        let text = r#"{"mcpServers":{
            "one":{"command":"a","env":{"API_TOKEN":"known-to-no-server-yet"}},
            "gone":{"command":"b","env":{"API_TOKEN":"${A_VARIABLE_THAT_NO_MACHINE_HAS}"}}
        }}"#;
        std::fs::write(&file, text).unwrap();
        let config = Config::discover(Some(&file)).unwrap();
        let said = b"it is known-to-no-server-yet";
        assert_eq!(&*crate::without_secrets(said), said);
        let known = KnownSecrets::of(&config);
        assert_eq!(known.servers(), 1);
        let hidden = crate::without_secrets(said).into_owned();
        let hidden = String::from_utf8(hidden).unwrap();
        assert!(
            hidden.contains("API_TOKEN") && !hidden.contains("known-to"),
            "{hidden}"
        );
        drop(known);
        assert_eq!(&*crate::without_secrets(said), said);
    }
}
