//! One request to a server. It is given up when its caller leaves, or when the server shows no sign of it for a while,
//! neither an answer nor progress.

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{CancelledNotificationParam, ClientRequest, RequestId, ServerResult};
use rmcp::service::{Peer, PeerRequestOptions, ServiceError};
use tokio::runtime::Handle;

use crate::due::Due;
use crate::tool_result::CallToolResult;

/// An answer as rmcp has it, and the result of a tool call, which does not go through rmcp.
pub(super) type Answered = (ServerResult, Option<Box<CallToolResult>>);

/// Sends one request and waits for its answer; with `idle`, as long as the server shows that it works on it. Dropping
/// the future tells the server. The answer takes no room among those that are due any more when this has given it.
pub(super) async fn request(
    server: &Peer<RoleClient>,
    due: &Arc<Due>,
    request: ClientRequest,
    idle: Option<Duration>,
) -> Result<Answered, ServiceError> {
    let options = match idle {
        Some(idle) => PeerRequestOptions::with_timeout(idle).reset_timeout_on_progress(),
        None => PeerRequestOptions::no_options(),
    };
    let request = server.send_request_with_option(request, options).await?;
    let caller = due.wait(request.id.clone());
    let mut abandoned = Abandoned {
        server,
        id: Some(request.id.clone()),
    };
    let answer = request.await_response().await;
    abandoned.id = None;
    Ok((answer?, caller.take()))
}

/// Cancels a request when it is dropped before the answer came.
struct Abandoned<'a> {
    server: &'a Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), Handle::try_current()) else {
            return;
        };
        let server = self.server.clone();
        let reason = "request abandoned by the caller".to_owned();
        let cancelled = CancelledNotificationParam::new(Some(id), Some(reason));
        runtime.spawn(async move {
            // No caller is left to hear of a failure.
            let _ = server.notify_cancelled(cancelled).await;
        });
    }
}
