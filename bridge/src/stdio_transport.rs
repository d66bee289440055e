//! MCP messages on a pair of byte streams: one JSON text per line (MCP "stdio" transport).
//!
//! Bounds what is read, and what waits to be written. An answer that is too long, or that cannot be read, is answered
//! in the server's place with an error for its request, so that its caller need not wait until the deadline; so is a
//! request whose answer came under a wrong id. Any other line is noise. Never decides what a message means.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use rmcp::RoleClient;
use rmcp::model::{ClientNotification, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::service::TxJsonRpcMessage;
use rmcp::transport::Transport;
use rustix::io::ioctl_fionread;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::task::coop::consume_budget;

mod ledger;
mod lines;
mod reading;

use crate::account::Account;
use crate::due::Due;
use crate::message::{self, Asked, MEMORY_BESIDE, Message};
use crate::noise::Noise;
use crate::one_shot::{OneShot, Setter};
use crate::secret::Secrets;
use ledger::lock;
use lines::Line;
use reading::Reader;

/// What a message that waits to be written takes beside its text, in bytes.
const BESIDE_TEXT: usize = 1024;

/// The connection.
pub(crate) struct StdioTransport<R, W> {
    reader: Reader<R>,
    output: Arc<tokio::sync::Mutex<Option<W>>>,
    has_written: Arc<AtomicBool>,
    /// What waits to be written.
    outbox: Arc<Account>,
    due: Arc<Due>,
    /// Whether the line is whole and not read yet.
    is_whole: bool,
    /// How much memory its message takes and until when it waits for room, once it does.
    waits: Option<(usize, tokio::time::Instant)>,
    /// Held until everything is read.
    reading: Option<Setter>,
    read_out: OneShot,
}

impl<R: AsyncRead, W> StdioTransport<R, W> {
    /// Reads messages of at most `limit` bytes. `server` is its name in the log.
    pub(crate) fn new(server: &str, input: R, output: W, limit: usize) -> Self {
        let (reading, read_out) = OneShot::new();
        Self {
            reader: Reader::new(server, input, limit),
            output: Arc::new(tokio::sync::Mutex::new(Some(output))),
            has_written: Arc::default(),
            outbox: Account::new(limit.saturating_add(MEMORY_BESIDE)),
            due: Due::new(limit),
            is_whole: false,
            waits: None,
            reading: Some(reading),
            read_out,
        }
    }

    /// The same, which shows none of these in what it logs or keeps of the server's words.
    pub(crate) fn hiding(mut self, secrets: Secrets) -> Self {
        self.reader.secrets = secrets;
        self
    }

    /// The same, which notes there what is no message.
    pub(crate) fn noting(mut self, noise: Noise) -> Self {
        self.reader.input.noise = noise.clone();
        self.reader.noise = noise;
        self
    }

    /// Answers that have come and are not taken yet.
    pub(crate) fn due(&self) -> Arc<Due> {
        Arc::clone(&self.due)
    }

    /// Resolves when there is nothing more to read, and every answer has been given to its caller.
    pub(crate) fn read_out(&self) -> OneShot {
        self.read_out.clone()
    }

    /// Whether something was sent and the other side has read all of it, as far as the system tells.
    pub(crate) fn was_read(&self) -> bool
    where
        W: AsFd,
    {
        // No task sends any more when this is asked.
        let Ok(output) = self.output.try_lock() else {
            return false;
        };
        self.has_written.load(Ordering::Relaxed)
            && output
                .as_ref()
                .and_then(|output| ioctl_fionread(output).ok())
                .is_none_or(|unread| unread == 0)
    }
}

impl<R, W> Transport<RoleClient> for StdioTransport<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        self.enter(&message);
        let output = Arc::clone(&self.output);
        let has_written = Arc::clone(&self.has_written);
        let debt = self.reader.border.debt(&message);
        let line = message::encode(&message);
        // Charged before anything of it is written: a line that was begun has to be finished.
        let charged = line.as_ref().map_or(Ok(None), |line| {
            let bytes = line.len().saturating_add(BESIDE_TEXT);
            self.outbox.charge(bytes).map(Some)
        });
        if let (Err(_), JsonRpcMessage::Request(request)) = (&charged, &message) {
            // It is not sent, so no answer will come.
            self.due.abandoned(&request.id);
            lock(&self.reader.ledger).abandoned(&request.id);
        }
        let mut sending = Box::pin(async move {
            let _debt = debt;
            let _charge =
                charged.map_err(|full| io::Error::new(io::ErrorKind::QuotaExceeded, full))?;
            let mut line = line?;
            line.push(b'\n');
            let mut output = output.lock().await;
            let output = output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            output.write_all(&line).await?;
            output.flush().await?;
            has_written.store(true, Ordering::Relaxed);
            Ok(())
        });
        // rmcp makes a task of what this returns. A pipe that has room takes the line without waiting for that.
        let sent = (&mut sending).now_or_never();
        async move {
            match sent {
                Some(sent) => sent,
                None => sending.await,
            }
        }
    }

    // Polled in a `select!` and dropped at every other event, so all progress is in `Lines`.
    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            if let Some((id, lost)) =
                lock(&self.reader.ledger).given_up(tokio::time::Instant::now())
            {
                return Some(lost.stand_in(id));
            }
            if self.is_whole {
                let room = match self
                    .due
                    .plenty(message::most_memory_of(self.reader.input.rest()))
                {
                    Some(room) => Some(room),
                    None => {
                        // Kept: this future is dropped and made anew at every other event.
                        let asked = |id: &RequestId| lock(&self.reader.ledger).asked(id);
                        let (bytes, until) = *self.waits.get_or_insert_with(|| {
                            let bytes = message::memory_of(self.reader.input.rest(), asked);
                            (bytes, self.due.patience())
                        });
                        self.due.room(bytes, until).await
                    }
                };
                let read = match &room {
                    Some(_) => self.reader.parse(),
                    None => self.reader.not_taken().map(Message::from),
                };
                let admitted = read.and_then(|read| self.reader.admit_read(read));
                self.waits = None;
                if !self.reader.next_part() {
                    self.reader.input.clear();
                    self.is_whole = false;
                }
                if let Some(Message {
                    message, result, ..
                }) = admitted
                {
                    if let (Some(room), Some(Some(id))) = (room, message::answered(&message)) {
                        self.due.came(id, room, result);
                    }
                    return Some(message);
                }
                // A server that writes noise without end must not starve other tasks.
                consume_budget().await;
                continue;
            }
            let message = match self.reader.next_line().await {
                None => continue,
                Some(Ok(Some(Line::Whole))) => {
                    self.is_whole = true;
                    continue;
                }
                Some(Ok(Some(line))) => self.reader.too_long(&line),
                Some(Ok(None)) => return self.end(),
                Some(Err(error)) => {
                    tracing::debug!(%error, "failed to read from server");
                    return self.end();
                }
            };
            if let Some(message) = message.and_then(|message| self.reader.admit(message)) {
                return Some(message);
            }
            consume_budget().await;
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        // Dropping the pipe is what tells the server that no request will follow.
        self.output.lock().await.take();
        Ok(())
    }
}

impl<R, W> StdioTransport<R, W> {
    /// The receiver has dealt with each message before it asks for the next.
    fn end(&mut self) -> Option<ServerJsonRpcMessage> {
        self.reading.take();
        None
    }

    /// Notes who will wait for an answer, and who does not any more.
    fn enter(&self, message: &TxJsonRpcMessage<RoleClient>) {
        match message {
            JsonRpcMessage::Request(request) => {
                let asked = Asked::of(&request.request);
                if asked == Asked::ToolCall {
                    self.due.sent(&request.id);
                }
                lock(&self.reader.ledger).sent(request.id.clone(), asked);
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.due.abandoned(id);
                    lock(&self.reader.ledger).abandoned(id);
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
