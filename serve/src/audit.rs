//! Who asks for a run, and what an audit is given of it. Writes no log.

use std::sync::Arc;

use mcp_host::{Observer, RunEvents, WaitEvent};
use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// Bytes of a client's name, and of its version, that are kept.
const LONGEST: usize = 200;

/// Who asks, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The id of the run.
    pub run: String,
    /// The session, from 1. Clients of 2026-07-28 have none.
    pub session: Option<u64>,
    /// The user of the authorization server, such as `ann of https://id.example.com`.
    pub principal: Option<String>,
    /// The name and the version that the client gives.
    pub client: Option<(String, String)>,
}

/// Observes what agents do.
pub trait Audit: Send + Sync {
    /// The observer of this run.
    fn run(&self, asked: &Asked) -> Arc<dyn Observer>;

    /// The run did not begin: the code of the answer, and its text.
    fn refused(&self, asked: &Asked, code: &str, why: &str);

    /// Observes one call of direct mode.
    ///
    /// # Errors
    ///
    /// Why the call must not be made.
    fn direct(&self, asked: &Asked) -> Result<Arc<dyn RunEvents>, String>;

    /// Something happens to a run that waits for its user. `asked` has its id, and the client through which it happens.
    fn waiting(&self, asked: &Asked, event: WaitEvent<'_>);
}

impl Asked {
    /// The run with this id, and no client.
    #[must_use]
    pub fn run(id: &str) -> Self {
        Self {
            run: id.to_owned(),
            ..Self::default()
        }
    }

    /// The client as text.
    pub(crate) fn client_text(&self) -> Option<String> {
        let (name, version) = self.client.as_ref()?;
        Some(mcp_bridge::text::line(&format!("{name} {version}")).into_owned())
    }

    pub(crate) fn of(
        run: String,
        session: Option<u64>,
        context: &RequestContext<RoleServer>,
    ) -> Self {
        let cut = |text: &str| mcp_bridge::text::cut(text, LONGEST).into_owned();
        let client = context.client_info();
        let client = client.map(|client| (cut(&client.name), cut(&client.version)));
        Self {
            run,
            session,
            client,
            ..Self::default()
        }
    }
}
