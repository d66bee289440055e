//! MCP messages on a pair of byte streams: one JSON text per line (MCP "stdio" transport).
//!
//! Bounds what is read, and what waits to be written. A line that is too long, or that is no message, is answered in
//! the server's place with an error for the request that it belongs to, so that its caller need not wait until the
//! deadline; so is a request whose answer came under a wrong id. Never decides what a message means.

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
use tokio::task::coop::consume_budget;

mod ledger;
mod lines;

use crate::account::Account;
use crate::border::Border;
use crate::due::Due;
use crate::message::{self, Asked, Envelope, MEMORY_BESIDE, Message};
use crate::one_shot::{OneShot, Setter};
use crate::secret::Secrets;
use crate::throttle::{EventThrottle, Throttle};
use ledger::{Ledger, Verdict};
use lines::{Line, Lines};

const MAX_NOISE: usize = 200;
/// How many warnings of stray answers pass in a second.
const STRAYS_PER_SECOND: u32 = 5;
/// What a message that waits to be written takes beside its text, in bytes.
const BESIDE_TEXT: usize = 1024;

/// The connection.
pub(crate) struct StdioTransport<R, W> {
    server: String,
    input: Lines<R>,
    output: Arc<tokio::sync::Mutex<Option<W>>>,
    has_written: Arc<AtomicBool>,
    ledger: Arc<Mutex<Ledger>>,
    border: Border,
    /// What waits to be written.
    outbox: Arc<Account>,
    due: Arc<Due>,
    /// Whether the line is whole and not read yet.
    is_whole: bool,
    /// How much memory its message takes and until when it waits for room, once it does.
    waits: Option<(usize, tokio::time::Instant)>,
    strays: EventThrottle,
    noise: Noise,
    /// Held until everything is read.
    reading: Option<Setter>,
    read_out: OneShot,
    /// What its words must not show.
    secrets: Secrets,
}

/// The first line of the server that is no JSON.
pub(crate) type Noise = Arc<OnceLock<String>>;

impl<R: AsyncRead, W> StdioTransport<R, W> {
    /// Reads messages of at most `limit` bytes. `server` is its name in the log.
    pub(crate) fn new(server: &str, input: R, output: W, limit: usize) -> Self {
        let (reading, read_out) = OneShot::new();
        Self {
            server: server.to_owned(),
            input: Lines::new(input, limit),
            output: Arc::new(tokio::sync::Mutex::new(Some(output))),
            has_written: Arc::default(),
            ledger: Arc::default(),
            border: Border::new(server),
            outbox: Account::new(limit.saturating_add(MEMORY_BESIDE)),
            due: Due::new(limit),
            is_whole: false,
            waits: None,
            strays: EventThrottle::new(STRAYS_PER_SECOND, Instant::now()),
            noise: Noise::default(),
            reading: Some(reading),
            read_out,
            secrets: Secrets::default(),
        }
    }

    /// The same, which shows none of these in what it logs or keeps of the server's words.
    pub(crate) fn hiding(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }

    pub(crate) fn noise(&self) -> Noise {
        Arc::clone(&self.noise)
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
        let debt = self.border.debt(&message);
        let line = message::encode(&message);
        // Charged before anything of it is written: a line that was begun has to be finished.
        let charged = line.as_ref().map_or(Ok(None), |line| {
            let bytes = line.len().saturating_add(BESIDE_TEXT);
            self.outbox.charge(bytes).map(Some)
        });
        if let (Err(_), JsonRpcMessage::Request(request)) = (&charged, &message) {
            // It is not sent, so no answer will come.
            self.due.abandoned(&request.id);
            lock(&self.ledger).abandoned(&request.id);
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
            if let Some(id) = lock(&self.ledger).given_up() {
                return Some(message::misdirected(id));
            }
            if self.is_whole {
                let room = match self.due.plenty(message::most_memory_of(&self.input.line)) {
                    Some(room) => Some(room),
                    None => {
                        // Kept: this future is dropped and made anew at every other event.
                        let asked = |id: &RequestId| lock(&self.ledger).asked(id);
                        let (bytes, until) = *self.waits.get_or_insert_with(|| {
                            let bytes = message::memory_of(&self.input.line, asked);
                            (bytes, self.due.patience())
                        });
                        self.due.room(bytes, until).await
                    }
                };
                let read = match &room {
                    Some(_) => self.parse(),
                    None => self.not_taken().map(Message::from),
                };
                self.input.clear();
                (self.is_whole, self.waits) = (false, None);
                if let Some(Message { message, result }) = read
                    && let Some(message) = self.admit(message)
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
            let message = match self.input.next().await {
                Ok(Some(Line::Whole)) => {
                    self.is_whole = true;
                    continue;
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
                lock(&self.ledger).sent(request.id.clone(), asked);
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.due.abandoned(id);
                    lock(&self.ledger).abandoned(id);
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }

    fn parse(&self) -> Option<Message> {
        let line = self.input.line.trim_ascii();
        if line.is_empty() {
            return None;
        }
        if !line.starts_with(b"{") {
            self.noise
                .get_or_init(|| self.secrets.sanitize(line, MAX_NOISE));
            tracing::debug!("line from server is not an MCP message");
            return None;
        }
        let asked = |id: &RequestId| lock(&self.ledger).asked(id);
        let unreadable = match message::parse(line, self.input.limit, asked) {
            Ok(message) => return Some(message),
            Err(unreadable) => unreadable,
        };
        if let Some(id) = unreadable.id {
            return Some(message::unreadable(id, &unreadable.problem).into());
        }
        if !unreadable.is_call {
            lock(&self.ledger).stray();
        }
        let problem = unreadable.problem.to_string();
        let error = self.secrets.hide(&problem);
        tracing::debug!(%error, "line from server is not an MCP message");
        None
    }

    /// Stands in for the line, if it is an answer.
    fn not_taken(&self) -> Option<ServerJsonRpcMessage> {
        let mut envelope = Envelope::default();
        envelope.scan(&self.input.line);
        envelope.answered_request().map(message::not_taken)
    }

    fn warn_too_long(&mut self, id: Option<&RequestId>) {
        if let Throttle::Pass { dropped } = self.strays.admit(Instant::now()) {
            let limit = self.input.limit;
            tracing::warn!(
                server = self.server,
                ?id,
                dropped,
                "message longer than {limit} bytes dropped"
            );
        }
    }

    fn warn_stray(&mut self, id: &RequestId) {
        if let Throttle::Pass { dropped } = self.strays.admit(Instant::now()) {
            // Text and number look different here: a server that sends `"7"` for 7 is often just old.
            let id = match id {
                RequestId::Number(number) => number.to_string(),
                RequestId::String(text) => {
                    format!("\"{}\"", self.secrets.sanitize(text.as_bytes(), MAX_NOISE))
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

    /// Holds back stray answers, and what a server sends too much of.
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
        self.border.admit(message)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
