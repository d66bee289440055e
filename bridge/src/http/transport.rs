//! rmcp's transport with bounds around it: on what a server sends of its own accord, and on what waits to be sent.

use std::io;
use std::sync::Arc;

use futures_util::future::Either;
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ClientNotification, JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::StreamableHttpError;
use rmcp::transport::{StreamableHttpClientTransport, Transport};
use tokio::task::coop::consume_budget;

use super::fault::HttpSendError;
use super::post::Http;
use crate::account::Account;
use crate::border::Border;
use crate::due::Due;
use crate::message::{Asked, MEMORY_BESIDE, length};

/// What a message that waits to be sent takes beside its text, in bytes.
const BESIDE_TEXT: usize = 4096;

/// The connection of one server.
pub(crate) struct HttpTransport {
    inner: StreamableHttpClientTransport<Http>,
    border: Border,
    outbox: Arc<Account>,
    due: Arc<Due>,
}

impl HttpTransport {
    pub(super) fn new(
        server: &str,
        inner: StreamableHttpClientTransport<Http>,
        limit: usize,
        due: Arc<Due>,
    ) -> Self {
        Self {
            inner,
            border: Border::new(server),
            outbox: Account::new(limit.saturating_add(MEMORY_BESIDE)),
            due,
        }
    }

    /// Notes which tool calls are about to be sent, and whose callers have left.
    fn enter(&self, message: &ClientJsonRpcMessage, is_sent: bool) {
        match message {
            JsonRpcMessage::Request(request) if is_sent => {
                if Asked::of(&request.request) == Asked::ToolCall {
                    self.due.sent(&request.id);
                }
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.due.abandoned(id);
                }
            }
            JsonRpcMessage::Request(_) | JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {
            }
        }
    }

    /// Answers that have come and are not taken yet.
    pub(crate) fn due(&self) -> Arc<Due> {
        Arc::clone(&self.due)
    }
}

impl Transport<RoleClient> for HttpTransport {
    type Error = HttpSendError;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), HttpSendError>> + Send + 'static {
        let debt = self.border.debt(&message);
        let charged = length(&message)
            .map_err(StreamableHttpError::Deserialize)
            .and_then(|length| {
                self.outbox
                    .charge(length.saturating_add(BESIDE_TEXT))
                    .map_err(|full| io::Error::new(io::ErrorKind::QuotaExceeded, full).into())
            });
        self.enter(&message, charged.is_ok());
        match charged {
            Err(error) => Either::Left(std::future::ready(Err(error))),
            Ok(charge) => {
                let sending = self.inner.send(message);
                Either::Right(async move {
                    let _held = (charge, debt);
                    sending.await
                })
            }
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let message = self.inner.receive().await?;
            if let Some(message) = self.border.admit(message) {
                return Some(message);
            }
            consume_budget().await;
        }
    }

    async fn close(&mut self) -> Result<(), HttpSendError> {
        self.inner.close().await
    }
}
