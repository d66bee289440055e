//! What a child writes, until there is no more of it. A pipe alone does not tell: what the child has
//! started may hold the other end open long after the child is gone, and go on writing.

use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use rustix::io::ioctl_fionread;
use tokio::io::{AsyncRead, ReadBuf};

use crate::once::Once;

/// One pipe of the child. It ends where the child has closed it, or is gone and what was in the pipe
/// then has been read.
pub(crate) struct Output<P> {
    pipe: P,
    child: Child,
}

enum Child {
    /// It resolves when the child is gone.
    Lives(Once),
    Gone {
        /// How much was in the pipe then and is not read yet, in bytes.
        left: u64,
    },
}

impl<P> Output<P> {
    pub(super) fn new(pipe: P, gone: Once) -> Self {
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
            && gone.poll_unpin(context).is_ready()
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
