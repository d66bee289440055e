//! Whether the tools of a saved skill are those that it was saved with. Knows no server: the caller has the lists.

use mcp_bridge::{Drift, DriftKind, Lock, Tool};

use crate::load::Loaded;

/// A tool that is not as it was when the skill was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Drifted {
    /// The name of its server in the configuration.
    pub server: String,
    /// What changed.
    pub drift: Drift,
}

impl Loaded {
    /// What differs between the tools of this skill and those that servers have now. `live` gives the tools of a server
    /// by its name in the configuration; a server that it does not have is left out, and [`Loaded::covers`] finds that.
    pub fn drifted<'t>(&self, live: impl Fn(&str) -> Option<&'t [Tool]>) -> Vec<Drifted> {
        let mut servers: Vec<&str> = self.tools.iter().map(|tool| tool.server.as_str()).collect();
        servers.sort_unstable();
        servers.dedup();
        let mut found = Vec::new();
        for server in servers {
            let Some(live) = live(server) else {
                continue;
            };
            let saved = self.tools.iter().filter(|tool| tool.server == server);
            let saved: Vec<Tool> = saved.map(|tool| tool.tool.clone()).collect();
            let mut lock = Lock::default();
            lock.pin(server, &saved);
            let drifts = lock.drifts(server, live).into_iter();
            // A tool that is new to the server is none of this skill.
            let drifts = drifts.filter(|drift| drift.kind != DriftKind::New);
            found.extend(drifts.map(|drift| Drifted {
                server: server.to_owned(),
                drift,
            }));
        }
        found
    }

    /// Whether the definition of this tool was saved with the skill.
    #[must_use]
    pub fn covers(&self, server: &str, tool: &str) -> bool {
        let mut tools = self.tools.iter();
        tools.any(|known| known.server == server && known.tool.name == tool)
    }
}
