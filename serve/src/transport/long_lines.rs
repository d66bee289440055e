//! Watches the lines of a client, and names the request of each line that is longer than the transport takes: the
//! transport drops such a line without an answer. Changes no byte, and keeps a few of each line.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use rmcp::model::RequestId;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc::UnboundedSender;

/// The longest message of a client, in bytes.
pub(super) const LONGEST_MESSAGE: usize = 4 << 20;

/// The longest token that is kept, in bytes. A request with a longer id gets no answer.
const LONGEST_TOKEN: usize = 300;

/// A line that was too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong {
    /// The request, if the line is one: a notification and an answer get no error.
    pub(super) request: Option<RequestId>,
    pub(super) bytes: usize,
}

/// A stream of lines, with what is too long said to `found`.
pub(super) struct LongLines<R> {
    inner: R,
    limit: usize,
    /// Bytes of the present line.
    bytes: usize,
    head: Head,
    /// One message waits for each line of megabytes at most.
    found: UnboundedSender<TooLong>,
}

impl<R> LongLines<R> {
    pub(super) fn new(inner: R, found: UnboundedSender<TooLong>) -> Self {
        Self {
            inner,
            limit: LONGEST_MESSAGE,
            bytes: 0,
            head: Head::default(),
            found,
        }
    }

    fn watch(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.head.scan(&bytes[..end]);
            self.bytes += end + 1;
            let head = mem::take(&mut self.head);
            let length = mem::take(&mut self.bytes);
            if length > self.limit {
                // A session that has ended reads none of them.
                let _ = self.found.send(TooLong {
                    request: head.request(),
                    bytes: length,
                });
            }
            bytes = &bytes[end + 1..];
        }
        self.head.scan(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len());
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for LongLines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read {
            self.watch(&buffer.filled()[before..]);
        }
        read
    }
}

/// The members `id` and `method` of a JSON object, from its bytes.
#[derive(Default)]
struct Head {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// The key or the value at the top level that is being read.
    token: Vec<u8>,
    key: Vec<u8>,
    id: Option<RequestId>,
    has_method: bool,
}

impl Head {
    fn scan(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.depth += 1;
                    continue;
                }
                b'}' | b']' => {
                    if self.depth == 1 {
                        self.end_of_member();
                    }
                    self.depth = self.depth.saturating_sub(1);
                    continue;
                }
                b':' if self.depth == 1 => {
                    self.key = mem::take(&mut self.token);
                    continue;
                }
                b',' if self.depth == 1 => {
                    self.end_of_member();
                    continue;
                }
                byte if byte.is_ascii_whitespace() => continue,
                _ => {}
            }
            if self.depth == 1 && self.token.len() < LONGEST_TOKEN {
                self.token.push(byte);
            }
        }
    }

    fn end_of_member(&mut self) {
        let value = mem::take(&mut self.token);
        match mem::take(&mut self.key).as_slice() {
            br#""id""# => self.id = serde_json::from_slice(&value).ok(),
            br#""method""# => self.has_method = true,
            _ => {}
        }
    }

    fn request(self) -> Option<RequestId> {
        self.id.filter(|_| self.has_method)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use tokio::io::AsyncReadExt as _;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// What is found in a text, with lines of at most 100 bytes, however the text comes in.
    async fn found(text: &str) -> Vec<TooLong> {
        let mut first = None;
        for part in [1, 7, text.len()] {
            let (sender, mut found) = unbounded_channel();
            let mut lines = LongLines::new(text.as_bytes(), sender);
            lines.limit = 100;
            let mut read = Vec::new();
            let mut buffer = vec![0; part];
            loop {
                let length = lines.read(&mut buffer).await.unwrap();
                if length == 0 {
                    break;
                }
                read.extend_from_slice(&buffer[..length]);
            }
            assert_eq!(read, text.as_bytes());
            let mut all = Vec::new();
            while let Ok(one) = found.try_recv() {
                all.push(one);
            }
            assert_eq!(
                *first.get_or_insert_with(|| format!("{all:?}")),
                format!("{all:?}")
            );
            if part == text.len() {
                return all;
            }
        }
        Vec::new()
    }

    #[tokio::test]
    async fn a_request_of_a_long_line_is_named_wherever_its_id_stands() {
        let long = "x".repeat(100);
        let text = format!(
            "{{\"id\":7,\"method\":\"a\",\"params\":{{\"id\":8,\"text\":\"{long}\"}}}}\n\
             {{\"params\":[\"{long}\\\",\\\"id\\\":9\"], \"method\" : \"a\", \"id\" : \"own\" }}\r\n\
             {{\"id\":10,\"method\":\"a\"}}\n"
        );
        let found = found(&text).await;
        let requests: Vec<_> = found.iter().map(|one| one.request.clone()).collect();
        let named = [RequestId::Number(7), RequestId::String("own".into())];
        assert_eq!(requests, named.map(Some));
        assert_eq!(found[0].bytes, text.find('\n').unwrap() + 1);
    }

    #[tokio::test]
    async fn what_expects_no_answer_names_no_request() {
        let long = "x".repeat(100);
        let lines = [
            // A notification, an answer, an id that is too long, no JSON, and a line that does not end.
            format!("{{\"method\":\"{long}\"}}\n"),
            format!("{{\"id\":1,\"result\":\"{long}\"}}\n"),
            format!("{{\"id\":\"{}\",\"method\":\"a\"}}\n", "x".repeat(400)),
            format!("{long}\n"),
        ];
        for line in lines {
            let found = found(&line).await;
            assert_eq!(
                found,
                [TooLong {
                    request: None,
                    bytes: line.len()
                }]
            );
        }
        assert_eq!(
            found(&format!("{{\"id\":1,\"method\":\"{long}\"}}")).await,
            []
        );
    }
}
