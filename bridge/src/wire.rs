//! MCP messages on a pair of byte streams: one JSON text per line (MCP "stdio" transport).
//!
//! Bounds what is read. A line that is too long, or that is no message, is answered in the server's
//! place with an error for the request that it belongs to, so that its caller need not wait until
//! the deadline. Never decides what a message means.

use std::io;
use std::mem;
use std::sync::{Arc, OnceLock};

use rmcp::RoleClient;
use rmcp::model::{ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::service::TxJsonRpcMessage;
use rmcp::transport::Transport;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::Mutex;

mod envelope;

use crate::process::printable;
use envelope::Envelope;

/// The longest message that is read, in bytes.
pub(crate) const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The code of an answer that stands for one longer than the limit. No server can mean it: codes of
/// servers are -32768 or above.
pub(crate) const TOO_LARGE: ErrorCode = ErrorCode(i32::MIN);
/// The code of an answer that stands for one that is no MCP message.
pub(crate) const UNREADABLE: ErrorCode = ErrorCode(i32::MIN + 1);

const MAX_NOISE: usize = 200;

/// The connection. Clones share it, so that a second handshake can follow a refused one.
pub(crate) struct Wire<R, W> {
    input: Arc<Mutex<Input<R>>>,
    output: Arc<Mutex<Option<W>>>,
    noise: Noise,
}

/// The first line of the server that is no JSON.
pub(crate) type Noise = Arc<OnceLock<String>>;

impl<R: AsyncRead, W> Wire<R, W> {
    pub(crate) fn new(input: R, output: W) -> Self {
        Self::with_limit(input, output, MAX_MESSAGE)
    }

    fn with_limit(input: R, output: W, limit: usize) -> Self {
        let input = Input {
            bytes: BufReader::new(input),
            line: Vec::new(),
            skipped: None,
            limit,
        };
        Self {
            input: Arc::new(Mutex::new(input)),
            output: Arc::new(Mutex::new(Some(output))),
            noise: Noise::default(),
        }
    }

    pub(crate) fn noise(&self) -> Noise {
        Arc::clone(&self.noise)
    }
}

impl<R, W> Clone for Wire<R, W> {
    fn clone(&self) -> Self {
        Self {
            input: Arc::clone(&self.input),
            output: Arc::clone(&self.output),
            noise: Arc::clone(&self.noise),
        }
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
        async move {
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            let mut output = output.lock().await;
            let output = output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            output.write_all(&line).await?;
            output.flush().await
        }
    }

    // Polled in a `select!` and dropped at every other event, so all progress is in `Input`.
    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        let mut input = self.input.lock().await;
        loop {
            let message = match input.next_line().await {
                Ok(Some(Line::Whole)) => {
                    let message = parse(&input.line, &self.noise);
                    input.line.clear();
                    message
                }
                Ok(Some(Line::TooLong(id))) => {
                    tracing::warn!(?id, "message longer than {} bytes dropped", input.limit);
                    id.map(|id| stand_in(id, TOO_LARGE, "the message is too long".to_owned()))
                }
                Ok(None) => return None,
                Err(error) => {
                    tracing::debug!(%error, "failed to read from server");
                    return None;
                }
            };
            if message.is_some() {
                return message;
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        // Dropping the pipe is what tells the server that no request will follow.
        self.output.lock().await.take();
        Ok(())
    }
}

fn parse(line: &[u8], noise: &Noise) -> Option<ServerJsonRpcMessage> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return None;
    }
    let error = match serde_json::from_slice(line) {
        Ok(message) => return Some(message),
        Err(error) => error,
    };
    let mut envelope = Envelope::default();
    envelope.scan(line);
    if let Some(id) = envelope.answered_request() {
        return Some(stand_in(
            id,
            UNREADABLE,
            format!("the answer is no MCP message: {error}"),
        ));
    }
    if !line.starts_with(b"{") {
        noise.get_or_init(|| printable(&line[..line.len().min(MAX_NOISE)]));
    }
    tracing::debug!(%error, "line from server is no MCP message");
    None
}

fn stand_in(id: RequestId, code: ErrorCode, message: String) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::new(code, message, None), Some(id))
}

struct Input<R> {
    bytes: BufReader<R>,
    /// What has been read of the present line, up to the limit.
    line: Vec<u8>,
    /// Set while the rest of a line over the limit is skipped.
    skipped: Option<Envelope>,
    limit: usize,
}

enum Line {
    /// In `Input::line`; the reader clears it.
    Whole,
    /// Dropped; the request that it answered, if that could be seen.
    TooLong(Option<RequestId>),
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
            if let Some(envelope) = &mut self.skipped {
                envelope.scan(part);
            } else if self.line.len() + length > self.limit {
                let mut envelope = Envelope::default();
                // Replaced and not cleared: the next line will not need that much memory.
                envelope.scan(&mem::take(&mut self.line));
                envelope.scan(part);
                self.skipped = Some(envelope);
            } else {
                self.line.extend_from_slice(part);
            }
            // Nothing is awaited between the copy and this, so no byte is lost or read twice.
            self.bytes.consume(end.map_or(length, |end| end + 1));
            if end.is_some() {
                return Ok(Some(match self.skipped.take() {
                    Some(envelope) => Line::TooLong(envelope.answered_request()),
                    None => Line::Whole,
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests;
