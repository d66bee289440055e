//! Serves sessions over a transport of rmcp.

use std::sync::Arc;

use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::io::stdio_pipes;
use rmcp::{ServerHandler, ServiceExt as _};

use crate::direct::Direct;
use crate::door::Door;
use crate::handler::Agent;

/// The longest message of a client, in bytes.
const LONGEST_MESSAGE: usize = 16 << 20;

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

/// Serves one session on stdin and stdout, until the client closes them or `stop` completes.
///
/// # Errors
///
/// When the client does not speak MCP.
pub async fn stdio(door: &Arc<Door>, stop: impl Future<Output = String>) -> Result<(), ServeError> {
    session(Agent::new(Arc::clone(door)), stop).await
}

/// The same in direct mode.
///
/// # Errors
///
/// When the client does not speak MCP.
pub async fn direct_stdio(
    direct: Direct,
    stop: impl Future<Output = String>,
) -> Result<(), ServeError> {
    session(direct, stop).await
}

async fn session(
    handler: impl ServerHandler,
    stop: impl Future<Output = String>,
) -> Result<(), ServeError> {
    let (input, output) = stdio_pipes();
    let transport =
        AsyncRwTransport::new_server(input, output).with_max_line_length(LONGEST_MESSAGE);
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
    tokio::select! {
        ended = session => ended,
        why = stop => {
            tracing::info!("{why}");
            Ok(())
        }
    }
}
