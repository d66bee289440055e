//! A stream of bytes that gives a little at a time, so that its parser cannot starve other tasks.
//!
//! hyper parses all that it can get before it looks at anything else: at full speed, megabytes of `103 Early Hints` in
//! one go, in which no deadline is seen.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes of one read.
const READ: usize = 16 * 1024;
/// So many reads that give something, one after the other, are followed by a pause in which others have their turn.
const READS: u32 = 8;

/// The stream.
pub(super) struct Paced<S> {
    inner: S,
    chunk: Box<[u8]>,
    /// Reads since the last pause.
    reads: u32,
}

impl<S> Paced<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            chunk: vec![0; READ].into(),
            reads: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.reads >= READS {
            this.reads = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        // A part of the caller's buffer can be lent only by unsafe code, so the bytes are copied.
        let most = buffer.remaining().min(this.chunk.len());
        let mut part = ReadBuf::new(&mut this.chunk[..most]);
        match Pin::new(&mut this.inner).poll_read(context, &mut part) {
            Poll::Ready(Ok(())) => {
                this.reads += 1;
                buffer.put_slice(part.filled());
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                this.reads = 0;
                Poll::Pending
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::task::Waker;

    use tokio::io::{AsyncReadExt as _, repeat};

    use super::*;

    #[test]
    fn endless_stream_gives_others_their_turn() {
        let mut stream = Paced::new(repeat(b'x'));
        let mut context = Context::from_waker(Waker::noop());
        let mut bytes = vec![0; 1 << 20];
        let mut buffer = ReadBuf::new(&mut bytes);
        while Pin::new(&mut stream)
            .poll_read(&mut context, &mut buffer)
            .is_ready()
        {}
        assert_eq!(buffer.filled().len(), READ * 8);
    }

    #[tokio::test]
    async fn nothing_is_lost() {
        let text: Vec<u8> = (0..1_000_000)
            .map(|byte: u32| byte.to_le_bytes()[1])
            .collect();
        let mut read = Vec::new();
        Paced::new(text.as_slice())
            .read_to_end(&mut read)
            .await
            .unwrap();
        assert_eq!(read, text);
    }
}
