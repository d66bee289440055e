//! MCP messages on a pair of byte streams: one JSON text per line (MCP "stdio" transport).
//!
//! Bounds what is read. A line that is too long, or that is no message, is answered in the server's
//! place with an error for the request that it belongs to, so that its caller need not wait until
//! the deadline; so is a request whose answer came under a wrong id. Never decides what a message
//! means.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use futures_util::FutureExt as _;
use rmcp::RoleClient;
use rmcp::model::{ClientNotification, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::service::TxJsonRpcMessage;
use rmcp::transport::Transport;
use rustix::io::ioctl_fionread;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::coop::consume_budget;

mod ledger;
mod lines;

use crate::flood::{Admission, Flood};
use crate::message::{self, Asked};
use crate::once::{Once, once};
use crate::process::printable;
use ledger::{Ledger, Verdict};
use lines::{Line, Lines};

const MAX_NOISE: usize = 200;
/// How many notifications of a server are passed on in a second.
const NOTIFICATIONS_PER_SECOND: u32 = 1000;
/// How many answers that nobody asked for are warned about in a second.
const STRAYS_PER_SECOND: u32 = 5;
/// How many requests of a server may wait for their answer to be written.
const MAX_OWED: usize = 64;

/// The connection.
pub(crate) struct Wire<R, W> {
    server: String,
    input: Lines<R>,
    output: Arc<tokio::sync::Mutex<Option<W>>>,
    has_written: Arc<AtomicBool>,
    ledger: Arc<Mutex<Ledger>>,
    /// Requests of the server that are not answered yet.
    owed: Arc<Mutex<VecDeque<RequestId>>>,
    notifications: Flood,
    strays: Flood,
    noise: Noise,
    /// Held until everything is read.
    reading: Option<oneshot::Sender<()>>,
    read_out: Once,
}

/// The first line of the server that is no JSON.
pub(crate) type Noise = Arc<OnceLock<String>>;

impl<R: AsyncRead, W> Wire<R, W> {
    /// Reads messages of at most `limit` bytes. `server` is its name in the log.
    pub(crate) fn new(server: &str, input: R, output: W, limit: usize) -> Self {
        let now = Instant::now();
        let (reading, read_out) = once();
        Self {
            server: server.to_owned(),
            input: Lines::new(input, limit),
            output: Arc::new(tokio::sync::Mutex::new(Some(output))),
            has_written: Arc::default(),
            ledger: Arc::default(),
            owed: Arc::default(),
            notifications: Flood::new(NOTIFICATIONS_PER_SECOND, now),
            strays: Flood::new(STRAYS_PER_SECOND, now),
            noise: Noise::default(),
            reading: Some(reading),
            read_out,
        }
    }

    pub(crate) fn noise(&self) -> Noise {
        Arc::clone(&self.noise)
    }

    /// Resolves when there is nothing more to read, and every answer has been given to its caller.
    pub(crate) fn read_out(&self) -> Once {
        self.read_out.clone()
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
        self.enter(&message);
        let output = Arc::clone(&self.output);
        let owed = Arc::clone(&self.owed);
        let has_written = Arc::clone(&self.has_written);
        let answered = answered_by_us(&message).cloned();
        let line = message::encode(&message);
        let mut sending = Box::pin(async move {
            let mut line = line?;
            line.push(b'\n');
            let mut output = output.lock().await;
            let output = output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            output.write_all(&line).await?;
            output.flush().await?;
            has_written.store(true, Ordering::Relaxed);
            if let Some(id) = answered {
                lock(&owed).retain(|waiting| *waiting != id);
            }
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
            if let Some(id) = lock(&self.ledger).given_up() {
                return Some(message::misdirected(id));
            }
            let message = match self.input.next().await {
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
                Ok(None) => return self.end(),
                Err(error) => {
                    tracing::debug!(%error, "failed to read from server");
                    return self.end();
                }
            };
            if let Some(message) = message.and_then(|message| self.admit(message)) {
                return Some(message);
            }
            // A server that writes noise without end must not keep others from their turn.
            consume_budget().await;
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        // Dropping the pipe is what tells the server that no request will follow.
        self.output.lock().await.take();
        Ok(())
    }
}

impl<R, W> Wire<R, W> {
    /// Whoever receives has dealt with each message before it asks for the next.
    fn end(&mut self) -> Option<ServerJsonRpcMessage> {
        self.reading.take();
        None
    }

    /// Notes who will wait for an answer, and who does not any more.
    fn enter(&self, message: &TxJsonRpcMessage<RoleClient>) {
        match message {
            JsonRpcMessage::Request(request) => {
                let asked = Asked::of(&request.request);
                lock(&self.ledger).sent(request.id.clone(), asked);
            }
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
        if !line.starts_with(b"{") {
            let noise = &line[..line.len().min(MAX_NOISE)];
            self.noise.get_or_init(|| printable(noise));
            tracing::debug!("line from server is no MCP message");
            return None;
        }
        let asked = |id: &RequestId| lock(&self.ledger).asked(id);
        let unreadable = match message::parse(line, self.input.limit, asked) {
            Ok(message) => return Some(message),
            Err(unreadable) => unreadable,
        };
        if let Some(id) = unreadable.id {
            return Some(message::unreadable(id, &unreadable.problem));
        }
        if !unreadable.is_call {
            lock(&self.ledger).stray();
        }
        tracing::debug!(error = %unreadable.problem, "line from server is no MCP message");
        None
    }

    fn warn_too_long(&self, id: Option<&RequestId>) {
        let limit = self.input.limit;
        tracing::warn!(
            server = self.server,
            ?id,
            "message longer than {limit} bytes dropped"
        );
    }

    fn warn_stray(&mut self, id: &RequestId) {
        if let Admission::Passed { dropped } = self.strays.admit(Instant::now()) {
            // Text and number look different here: a server that sends `"7"` for 7 is often just old.
            let id = match id {
                RequestId::Number(number) => number.to_string(),
                RequestId::String(text) => {
                    let text = &text.as_bytes()[..text.len().min(MAX_NOISE)];
                    format!("\"{}\"", printable(text))
                }
            };
            tracing::warn!(
                server = self.server,
                id,
                dropped,
                "answer under an id that belongs to no request dropped"
            );
        }
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
            match ledger.received(id) {
                Verdict::Expected => {}
                Verdict::Late => {
                    tracing::debug!(%id, "late answer dropped");
                    return None;
                }
                Verdict::Stray => {
                    drop(ledger);
                    self.warn_stray(id);
                    return None;
                }
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
            Admission::Dropped => None,
            Admission::Passed { dropped } => {
                if dropped > 0 {
                    let server = self.server.as_str();
                    tracing::warn!(server, dropped, "server sent too many notifications");
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

#[cfg(test)]
mod tests;
