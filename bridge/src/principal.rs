//! Who this program is to one server: resolved from the configuration once for each connection.
//!
//! A token may be in a file that changes. So every connection has the values that it was opened with, and whatever
//! depends on them, hiding secrets and finding cached responses, asks the connection.

use crate::config::{ConfigError, ServerConfig, Target};
use crate::secret::Secrets;

mod identity;

pub(crate) use identity::Identity;

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
