//! Streams of a granted file: what they hold is charged to the run, and no write makes a file larger than it may be.

use std::io;

use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};
use wasmtime_wasi_io::bytes::Bytes;

use crate::run::wasi::Held;
use crate::storage::files::MAX_FILE;

/// A stream of a file, and what it holds.
pub(super) struct Reader {
    pub(super) stream: DynInputStream,
    pub(super) _held: Held,
}

#[async_trait]
impl Pollable for Reader {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

#[async_trait]
impl InputStream for Reader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.stream.read(size)
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.stream.blocking_read(size).await
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

/// A stream to a file, which never makes it larger than a file may be.
pub(super) struct Writer {
    pub(super) stream: DynOutputStream,
    /// Where the next byte goes.
    pub(super) at: u64,
    pub(super) _held: Held,
}

#[async_trait]
impl Pollable for Writer {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let end = self.at.saturating_add(bytes.len() as u64);
        if end > MAX_FILE {
            let error = io::Error::from(io::ErrorKind::FileTooLarge);
            return Err(StreamError::LastOperationFailed(error.into()));
        }
        self.at = end;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}
