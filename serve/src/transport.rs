//! Serves one session on stdin and stdout. The end of stdin ends it, after the answers to what was asked.

mod long_lines;
mod outstanding;
mod patient;

use std::sync::Arc;

use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::io::stdio_pipes;
use rmcp::{ServerHandler, ServiceExt as _};

use crate::direct::Direct;
use crate::door::Door;
use crate::handler::Agent;
use long_lines::{LONGEST_MESSAGE, LongLines};
use outstanding::Outstanding;
use patient::{LAST_ANSWERS, Patient};

/// A session that broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The client did not get through the handshake.
    #[error("the client did not complete the handshake of MCP")]
    Handshake(#[source] Box<rmcp::service::ServerInitializeError>),
    /// The task of the session failed.
    #[error("the session failed")]
    Task(#[from] tokio::task::JoinError),
}

/// Serves one session on stdin and stdout, until the client closes them or `stop` completes. Then runs end, and their
/// answers are written.
///
/// # Errors
///
/// When the client does not speak MCP.
pub async fn stdio(door: &Arc<Door>, stop: impl Future<Output = String>) -> Result<(), ServeError> {
    session(door, Agent::new(Arc::clone(door)), stop).await
}

/// The same in direct mode.
///
/// # Errors
///
/// When the client does not speak MCP.
pub async fn direct_stdio(
    door: &Arc<Door>,
    direct: Direct,
    stop: impl Future<Output = String>,
) -> Result<(), ServeError> {
    session(door, direct, stop).await
}

async fn session(
    door: &Arc<Door>,
    handler: impl ServerHandler,
    stop: impl Future<Output = String>,
) -> Result<(), ServeError> {
    let (input, output) = stdio_pipes();
    let outstanding = Outstanding::default();
    let (too_long, refused) = tokio::sync::mpsc::unbounded_channel();
    let input = LongLines::new(input, too_long);
    let transport =
        AsyncRwTransport::new_server(input, output).with_max_line_length(LONGEST_MESSAGE);
    let transport = Patient::new(transport, Arc::clone(door), outstanding.clone(), refused);
    let session = async {
        let service = match handler.serve(transport).await {
            Ok(service) => service,
            // A client that connects and goes again does nothing wrong.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(ServeError::Handshake(Box::new(error))),
        };
        service.waiting().await?;
        Ok(())
    };
    let mut session = std::pin::pin!(session);
    tokio::select! {
        ended = &mut session => return ended,
        why = stop => tracing::info!("{why}"),
    }
    door.end_runs();
    tokio::select! {
        ended = session => ended,
        _ = tokio::time::timeout(LAST_ANSWERS, outstanding.none()) => Ok(()),
    }
}
