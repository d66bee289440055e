//! What a connection is made of on rmcp's side, and why one did not come about.

use std::error::Error;

use rmcp::RoleClient;
use rmcp::service::RunningService;

use crate::era::Refusal;
use crate::handler::Handler;

/// A connection as rmcp serves it.
pub(super) type Client = RunningService<RoleClient, Handler>;

/// Why a connection did not come about, before its process has been looked at.
pub(super) enum Failure {
    TimedOut,
    Closed,
    Send(Box<dyn Error + Send + Sync>),
    Protocol(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::Closed,
            Refusal::Send(error) => Self::Send(error),
            Refusal::Protocol(message) => Self::Protocol(message),
        }
    }
}
