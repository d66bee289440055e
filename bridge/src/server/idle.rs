//! Sends a call with all that its request carries. It may be given up when nothing at all is heard of it for a while,
//! neither an answer nor progress.

use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequest, CallToolResponse, CancelledNotificationParam, ClientRequest, RequestId,
    ServerResult,
};
use rmcp::service::{Peer, PeerRequestOptions, ServiceError};
use tokio::runtime::Handle;

/// Sends one `tools/call`, and waits as long as the server shows that it works on it, where `idle` says how long that may
/// be. Dropping the future tells the server.
pub(super) async fn call(
    server: &Peer<RoleClient>,
    request: CallToolRequest,
    idle: Option<Duration>,
) -> Result<CallToolResponse, ServiceError> {
    let request = ClientRequest::CallToolRequest(request);
    let options = match idle {
        Some(idle) => PeerRequestOptions::with_timeout(idle).reset_timeout_on_progress(),
        None => PeerRequestOptions::default(),
    };
    let request = server.send_request_with_option(request, options).await?;
    let mut abandoned = Abandoned {
        server,
        id: Some(request.id.clone()),
    };
    let answer = request.await_response().await;
    abandoned.id = None;
    match answer? {
        ServerResult::CallToolResult(result) => Ok(CallToolResponse::Complete(result)),
        ServerResult::InputRequiredResult(result) => Ok(CallToolResponse::InputRequired(result)),
        ServerResult::CreateTaskResult(result) => Ok(CallToolResponse::Task(result)),
        _ => Err(ServiceError::UnexpectedResponse),
    }
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
            // Nobody is left to tell if it fails.
            let _ = server.notify_cancelled(cancelled).await;
        });
    }
}
