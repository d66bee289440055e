//! MCP messages on a pair of byte streams: one JSON text per line (MCP "stdio" transport).
//!
//! Bounds what is read. A line that is too long, or that is no message, is answered in the server's
//! place with an error for the request that it belongs to, so that its caller need not wait until
//! the deadline; so is a request whose answer came under a wrong id. Never decides what a message
//! means.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use rmcp::RoleClient;
use rmcp::model::{ClientNotification, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::service::TxJsonRpcMessage;
use rmcp::transport::Transport;
use rustix::io::ioctl_fionread;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

mod ledger;

use crate::flood::{Flood, Gate};
use crate::message::{self, Envelope, MAX_MESSAGE, UNREADABLE};
use crate::process::printable;
use ledger::{Ledger, Verdict};

const MAX_NOISE: usize = 200;
/// How much memory for a line is kept from one message to the next.
const KEPT_CAPACITY: usize = 256 * 1024;
/// How many notifications of a server are passed on in a second.
const NOTIFICATIONS_PER_SECOND: u32 = 1000;
/// How many requests of a server may wait for their answer to be written.
const MAX_OWED: usize = 64;

/// The connection.
pub(crate) struct Wire<R, W> {
    input: Input<R>,
    output: Arc<tokio::sync::Mutex<Option<W>>>,
    has_written: Arc<AtomicBool>,
    ledger: Arc<Mutex<Ledger>>,
    /// Requests of the server that are not answered yet.
    owed: Arc<Mutex<VecDeque<RequestId>>>,
    notifications: Flood,
    noise: Noise,
}

/// The first line of the server that is no JSON.
pub(crate) type Noise = Arc<OnceLock<String>>;

impl<R: AsyncRead, W> Wire<R, W> {
    pub(crate) fn new(input: R, output: W) -> Self {
        Self::with_limit(input, output, MAX_MESSAGE)
    }

    fn with_limit(input: R, output: W, limit: usize) -> Self {
        Self {
            input: Input {
                bytes: BufReader::new(input),
                line: Vec::new(),
                skipped: None,
                limit,
            },
            output: Arc::new(tokio::sync::Mutex::new(Some(output))),
            has_written: Arc::default(),
            ledger: Arc::default(),
            owed: Arc::default(),
            notifications: Flood::new(NOTIFICATIONS_PER_SECOND, Instant::now()),
            noise: Noise::default(),
        }
    }

    pub(crate) fn noise(&self) -> Noise {
        Arc::clone(&self.noise)
    }

    /// Whether something was sent and the other side has read all of it, as far as the system tells.
    pub(crate) fn was_read(&self) -> bool
    where
        W: AsFd,
    {
        // Nobody sends any more when this is asked.
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

impl<R, W> Transport<RoleClient> for Wire<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = Arc::clone(&self.output);
        let owed = Arc::clone(&self.owed);
        let has_written = Arc::clone(&self.has_written);
        self.enter(&message);
        async move {
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            let mut output = output.lock().await;
            let output = output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            output.write_all(&line).await?;
            output.flush().await?;
            has_written.store(true, Ordering::Relaxed);
            if let Some(id) = answered_by_us(&message) {
                lock(&owed).retain(|waiting| waiting != id);
            }
            Ok(())
        }
    }

    // Polled in a `select!` and dropped at every other event, so all progress is in `Input`.
    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            if let Some(id) = lock(&self.ledger).given_up() {
                let why = "the server answered under an id that belongs to no request";
                return Some(message::stand_in(id, UNREADABLE, why));
            }
            let message = match self.input.next_line().await {
                Ok(Some(Line::Whole)) => {
                    let message = self.parse();
                    self.input.clear();
                    message
                }
                Ok(Some(Line::TooLong(id))) => {
                    self.warn_too_long(id.as_ref());
                    if id.is_none() {
                        lock(&self.ledger).stray();
                    }
                    id.map(message::too_large)
                }
                Ok(Some(Line::TooLongCall)) => {
                    self.warn_too_long(None);
                    None
                }
                Ok(None) => return None,
                Err(error) => {
                    tracing::debug!(%error, "failed to read from server");
                    return None;
                }
            };
            if let Some(message) = message.and_then(|message| self.admit(message)) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        // Dropping the pipe is what tells the server that no request will follow.
        self.output.lock().await.take();
        Ok(())
    }
}

impl<R, W> Wire<R, W> {
    /// Notes who will wait for an answer, and who does not any more.
    fn enter(&self, message: &TxJsonRpcMessage<RoleClient>) {
        match message {
            JsonRpcMessage::Request(request) => lock(&self.ledger).sent(request.id.clone()),
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    lock(&self.ledger).abandoned(id);
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }

    fn parse(&self) -> Option<ServerJsonRpcMessage> {
        let line = self.input.line.trim_ascii();
        if line.is_empty() {
            return None;
        }
        let unreadable = match message::parse(line) {
            Ok(message) => return Some(message),
            Err(unreadable) => unreadable,
        };
        if let Some(id) = unreadable.id {
            return Some(message::unreadable(id, &unreadable.error));
        }
        if !line.starts_with(b"{") {
            let noise = &line[..line.len().min(MAX_NOISE)];
            self.noise.get_or_init(|| printable(noise));
        } else if !unreadable.is_call {
            lock(&self.ledger).stray();
        }
        tracing::debug!(error = %unreadable.error, "line from server is no MCP message");
        None
    }

    fn warn_too_long(&self, id: Option<&RequestId>) {
        let limit = self.input.limit;
        tracing::warn!(?id, "message longer than {limit} bytes dropped");
    }

    /// Holds back what nobody waits for, and what there is too much of.
    fn admit(&mut self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        if let Some(answered) = message::answered(&message) {
            let mut ledger = lock(&self.ledger);
            let Some(id) = answered else {
                ledger.stray();
                let JsonRpcMessage::Error(mut error) = message else {
                    return None;
                };
                // The server could not read the id; often it is plain which request it was.
                error.id = Some(ledger.given_up()?);
                return Some(JsonRpcMessage::Error(error));
            };
            let verdict = ledger.received(id);
            if verdict != Verdict::Expected {
                tracing::debug!(%id, ?verdict, "answer that nobody waits for dropped");
                return None;
            }
            return Some(message);
        }
        if let JsonRpcMessage::Request(request) = &message {
            let mut owed = lock(&self.owed);
            if owed.len() >= MAX_OWED {
                tracing::debug!(id = %request.id, "request of a server that reads no answers dropped");
                return None;
            }
            owed.push_back(request.id.clone());
            return Some(message);
        }
        match self.notifications.admit(Instant::now()) {
            Gate::Shut => None,
            Gate::Open { dropped } => {
                if dropped > 0 {
                    tracing::warn!(dropped, "server sent too many notifications");
                }
                Some(message)
            }
        }
    }
}

/// The request of the server that a message of ours answers.
fn answered_by_us(message: &TxJsonRpcMessage<RoleClient>) -> Option<&RequestId> {
    match message {
        JsonRpcMessage::Response(response) => Some(&response.id),
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Input<R> {
    bytes: BufReader<R>,
    /// What has been read of the present line, up to the limit.
    line: Vec<u8>,
    /// Set while the rest of a line over the limit is skipped.
    skipped: Option<Skipped>,
    limit: usize,
}

#[derive(Default)]
struct Skipped {
    envelope: Envelope,
    /// Its caller knows already.
    reported: bool,
}

enum Line {
    /// In `Input::line`; the reader clears it.
    Whole,
    /// Dropped, or still being dropped; the request that it answers, if that can be seen.
    TooLong(Option<RequestId>),
    /// Dropped; no answer, but a call of the server's own.
    TooLongCall,
}

impl<R: AsyncRead + Unpin> Input<R> {
    async fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let available = self.bytes.fill_buf().await?;
            if available.is_empty() {
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let length = end.unwrap_or(available.len());
            let part = &available[..length];
            if let Some(skipped) = &mut self.skipped {
                skipped.envelope.scan(part);
            } else if self.line.len() + length > self.limit {
                let skipped = self.skipped.insert(Skipped::default());
                // Replaced and not cleared: the next line will not need that much memory.
                skipped.envelope.scan(&mem::take(&mut self.line));
                skipped.envelope.scan(part);
            } else {
                self.line.extend_from_slice(part);
            }
            // Nothing is awaited between the copy and this, so no byte is lost or read twice.
            self.bytes.consume(end.map_or(length, |end| end + 1));
            if let Some(line) = self.finish(end.is_some()) {
                return Ok(Some(line));
            }
        }
    }

    /// What there is to say now, at the end of a line or in the middle of one that is too long.
    fn finish(&mut self, at_end: bool) -> Option<Line> {
        if at_end {
            let Some(skipped) = self.skipped.take() else {
                return Some(Line::Whole);
            };
            return match (skipped.reported, skipped.envelope.is_call()) {
                (true, _) => None,
                (false, true) => Some(Line::TooLongCall),
                (false, false) => Some(Line::TooLong(skipped.envelope.answered_request())),
            };
        }
        let skipped = self.skipped.as_mut().filter(|skipped| !skipped.reported)?;
        // The rest of an endless line may never come, and its caller waits.
        let id = skipped.envelope.answer_so_far()?;
        skipped.reported = true;
        Some(Line::TooLong(Some(id)))
    }

    /// Makes room for the next line, and keeps no more memory than most of them need.
    fn clear(&mut self) {
        if self.line.capacity() > KEPT_CAPACITY {
            self.line = Vec::new();
        } else {
            self.line.clear();
        }
    }
}

#[cfg(test)]
mod tests;
