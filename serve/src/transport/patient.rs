//! A transport whose end waits for answers: what came before the end of stdin is answered, as for `printf ... | mcp-host
//! serve`. A client that does not read any more is not waited for.

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ClientNotification, ClientRequest, JsonRpcMessage, JsonRpcRequest};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::net::unix::pipe;

use super::outstanding::Outstanding;
use crate::door::Door;

/// How long requests may take after the end of stdin. Runs that take longer are told to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the answers of runs that were told to end may take.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(2);

pub(super) struct Patient<T> {
    inner: T,
    door: Arc<Door>,
    outstanding: Outstanding,
    has_ended: bool,
}

impl<T> Patient<T> {
    pub(super) fn new(inner: T, door: Arc<Door>, outstanding: Outstanding) -> Self {
        Self {
            inner,
            door,
            outstanding,
            has_ended: false,
        }
    }

    /// Waits for the answers to what came before the end.
    async fn last_answers(&self) {
        let is_done = tokio::select! {
            done = tokio::time::timeout(PATIENCE, self.outstanding.none()) => done.is_ok(),
            () = unread() => false,
            // A signal that comes now ends it sooner.
            () = self.door.ending() => false,
        };
        if !is_done {
            self.door.end_runs();
            let _ = tokio::time::timeout(LAST_ANSWERS, self.outstanding.none()).await;
        }
    }
}

impl<T: Transport<RoleServer> + Sync> Transport<RoleServer> for Patient<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answered = match &item {
            JsonRpcMessage::Response(response) => Some(response.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        let (sending, outstanding) = (self.inner.send(item), self.outstanding.clone());
        async move {
            let sent = sending.await;
            if let Some(id) = answered {
                outstanding.done(&id);
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        // This future may be dropped and made again while it waits.
        if !self.has_ended {
            let message = self.inner.receive().await;
            match &message {
                // A subscription has no answer of its own.
                Some(JsonRpcMessage::Request(JsonRpcRequest {
                    request: ClientRequest::SubscriptionsListenRequest(_),
                    ..
                })) => {}
                Some(JsonRpcMessage::Request(request)) => self.outstanding.asked(&request.id),
                Some(JsonRpcMessage::Notification(notification)) => {
                    if let ClientNotification::CancelledNotification(cancelled) =
                        &notification.notification
                        && let Some(id) = &cancelled.params.request_id
                    {
                        self.outstanding.done(id);
                    }
                }
                Some(JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)) => {}
                None => self.has_ended = true,
            }
            if message.is_some() {
                return message;
            }
        }
        self.last_answers().await;
        None
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

/// Waits until no process can read stdout any more. A stdout that is no pipe is always read.
async fn unread() {
    // Opened again, so that stdout itself keeps its flags.
    let error = match pipe::OpenOptions::new().open_sender("/dev/fd/1") {
        Ok(output) => match output.ready(Interest::ERROR).await {
            Ok(_) => return,
            Err(error) => error,
        },
        // The OS opens no pipe for writing that no process reads.
        Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => return,
        Err(error) => error,
    };
    tracing::debug!(%error, "the end of stdout is not watched");
    std::future::pending().await
}
