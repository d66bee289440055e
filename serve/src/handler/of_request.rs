//! Who asks by one request of a session, and what that request may see. Answers nothing.

use rmcp::RoleServer;
use rmcp::model::{ErrorData, ProtocolVersion};
use rmcp::service::RequestContext;

use super::Agent;
use crate::audit;
use crate::door::no_caller;

impl Agent {
    /// This session as the caller of one request has it.
    pub(super) fn of_request(
        &self,
        context: &RequestContext<RoleServer>,
    ) -> Result<Self, ErrorData> {
        Ok(Self {
            door: self.door.of_request(context).ok_or_else(no_caller)?,
            session: self.session,
        })
    }

    /// Which results a script may import. A client of 2026-07-28 has no session: all requests share them.
    pub(super) fn scope(&self, context: &RequestContext<RoleServer>) -> u64 {
        let version = context.protocol_version();
        let is_stateless = version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        match is_stateless {
            true => self.door.common_session(),
            false => self.session,
        }
    }

    /// Who asks for this run.
    pub(super) fn asker(&self, run: String, context: &RequestContext<RoleServer>) -> audit::Asked {
        let session = Some(self.scope(context));
        let session = session.filter(|session| *session != self.door.common_session());
        self.door.asked(run, session, context)
    }
}
