//! A transport whose end waits for answers: what came before the end of stdin is answered, as for `printf ... |
//! mcp-host serve`. The transport does not wait for a client that reads no more. It reads no further request while too
//! many answers are not written. A request that is too long gets an error.

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    ClientNotification, ClientRequest, ErrorData, GetExtensions as _, JsonRpcMessage,
    JsonRpcRequest,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::net::unix::pipe;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::long_lines::{LONGEST_MESSAGE, TooLong};
use super::outstanding::Outstanding;
use crate::door::Door;
use crate::unwritten::Share;

/// Requests whose answers are not written. More than the runs of a session, so that the queue can answer `busy`.
const MOST: usize = 1_024;

/// How long requests may take after the end of stdin. Runs that take longer end then.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the answers of runs that end early may take.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(2);

pub(super) struct Patient<T> {
    inner: T,
    door: Arc<Door>,
    outstanding: Outstanding,
    places: Arc<Semaphore>,
    /// The place of the next request.
    place: Option<OwnedSemaphorePermit>,
    /// The lines that were too long.
    too_long: UnboundedReceiver<TooLong>,
    /// Writes the error of such a line. Nothing more is read until it is written.
    refusing: Option<JoinHandle<()>>,
    has_ended: bool,
}

impl<T> Patient<T> {
    pub(super) fn new(
        inner: T,
        door: Arc<Door>,
        outstanding: Outstanding,
        too_long: UnboundedReceiver<TooLong>,
    ) -> Self {
        Self {
            inner,
            door,
            outstanding,
            places: Arc::new(Semaphore::new(MOST)),
            place: None,
            too_long,
            refusing: None,
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

impl<T: Transport<RoleServer>> Patient<T> {
    /// The next message, or the end. Requests that are too long get their errors meanwhile. This future may be dropped
    /// and made again while it waits.
    async fn next(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            self.refused().await;
            let message = tokio::select! {
                biased;
                Some(line) = self.too_long.recv() => {
                    self.refuse(line);
                    continue;
                }
                message = self.inner.receive() => message,
            };
            if message.is_some() {
                return message;
            }
            // Such a line may be the last one.
            match self.too_long.try_recv() {
                Ok(line) => self.refuse(line),
                Err(_) => return None,
            }
        }
    }

    fn refuse(&mut self, line: TooLong) {
        let Some(id) = line.request else {
            return;
        };
        let message = format!(
            "a message of {} bytes is longer than the {LONGEST_MESSAGE} bytes that this server reads: send less, such \
             as the path of a file in place of its text",
            line.bytes
        );
        let error = ErrorData::invalid_request(message, None);
        let sending = self.inner.send(JsonRpcMessage::error(error, Some(id)));
        self.refusing = Some(tokio::spawn(async move {
            // A client that is gone gets no error.
            let _ = sending.await;
        }));
    }

    /// Waits until the last error of a line that was too long is written.
    async fn refused(&mut self) {
        if let Some(writing) = &mut self.refusing {
            // It does not panic.
            let _ = writing.await;
            self.refusing = None;
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
        // A client that cancels now does not free it: the answer is in memory until it is written.
        let share = answered.as_ref().and_then(|id| outstanding.share(id));
        async move {
            let sent = sending.await;
            drop(share);
            if let Some(id) = answered {
                outstanding.done(&id);
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        // This future may be dropped and made again while it waits.
        if !self.has_ended {
            if self.place.is_none() {
                let place = Arc::clone(&self.places).acquire_owned().await;
                self.place = place.ok();
            }
            let mut message = self.next().await;
            match &mut message {
                Some(JsonRpcMessage::Request(JsonRpcRequest { id, request, .. })) => {
                    let share = Share::in_place(self.place.take());
                    request.extensions_mut().insert(share.clone());
                    // A subscription has no answer of its own.
                    if !matches!(request, ClientRequest::SubscriptionsListenRequest(_)) {
                        self.outstanding.asked(id, share);
                    }
                }
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
