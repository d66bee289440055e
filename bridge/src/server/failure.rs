//! A connection as rmcp serves it, and why one failed to open.

use std::error::Error;

use rmcp::RoleClient;
use rmcp::service::RunningService;

use crate::handler::Handler;
use crate::handshake::HandshakeError;

/// A connection as rmcp serves it.
pub(super) type Client = RunningService<RoleClient, Handler>;

/// Why a connection failed to open, before its process has been looked at.
pub(super) enum Failure {
    TimedOut,
    Closed,
    Send(Box<dyn Error + Send + Sync>),
    Protocol(String),
}

impl From<HandshakeError> for Failure {
    fn from(refusal: HandshakeError) -> Self {
        match refusal {
            HandshakeError::Closed => Self::Closed,
            HandshakeError::Send(error) => Self::Send(error),
            HandshakeError::Protocol(message) => Self::Protocol(message),
        }
    }
}
