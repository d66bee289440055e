//! The output of a child, up to its end. A pipe alone does not show that end: a process that the child
//! started may hold the pipe open long after the child is gone, and write to it.

use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::io::ioctl_fionread;
use tokio::io::{AsyncRead, ReadBuf};

use crate::one_shot::OneShot;

/// One pipe of the child. It ends where the child has closed it, or is gone and what was in the pipe
/// then has been read.
pub(crate) struct Output<P> {
    pipe: P,
    child: Child,
}

enum Child {
    /// It resolves when the child is gone.
    Lives(OneShot),
    Gone {
        /// How much was in the pipe then and is not read yet, in bytes.
        left: u64,
    },
}

impl<P> Output<P> {
    pub(super) fn new(pipe: P, gone: OneShot) -> Self {
        let child = Child::Lives(gone);
        Self { pipe, child }
    }
}

impl<P: AsyncRead + AsFd + Unpin> AsyncRead for Output<P> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Child::Lives(gone) = &mut this.child
            && gone.poll(context).is_ready()
        {
            let left = ioctl_fionread(&this.pipe)?;
            this.child = Child::Gone { left };
        }
        if let Child::Gone { left: 0 } = this.child {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.pipe).poll_read(context, buffer);
        if let Child::Gone { left } = &mut this.child {
            let length = buffer.filled().len() - before;
            *left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
        }
        read
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::unix::pipe::pipe;

    use super::*;

    #[tokio::test]
    async fn output_from_before_the_exit_is_read_while_the_pipe_stays_open() {
        let (mut child, pipe) = pipe().unwrap();
        let (set_gone, gone) = OneShot::new();
        let mut output = Output::new(pipe, gone);
        child.write_all(b"last output").await.unwrap();
        set_gone.set();
        let mut text = String::new();
        output.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "last output");
        drop(child);
    }

    #[tokio::test]
    async fn output_of_an_orphan_is_not_read() {
        let (mut left_behind, pipe) = pipe().unwrap();
        let (set_gone, gone) = OneShot::new();
        let mut output = Output::new(pipe, gone);
        left_behind.write_all(b"one").await.unwrap();
        set_gone.set();
        let mut read = [0; 3];
        output.read_exact(&mut read).await.unwrap();
        left_behind.write_all(b"two").await.unwrap();
        assert_eq!((&read, output.read(&mut [0]).await.unwrap()), (b"one", 0));
    }

    #[tokio::test]
    async fn pipe_that_the_child_closes_ends_although_it_lives() {
        let (child, pipe) = pipe().unwrap();
        let (_set_gone, gone) = OneShot::new();
        let mut output = Output::new(pipe, gone);
        drop(child);
        assert_eq!(output.read(&mut [0]).await.unwrap(), 0);
    }
}
