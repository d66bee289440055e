//! `mcp:tools/files`: the virtual tree. Disk work runs on the blocking pool, so that a slow disk stops
//! neither other runs nor the deadline.

use std::sync::Arc;

use super::bindings::mcp::tools::files::{DirEntry, EntryKind, FileError, Host};
use crate::calls::Calls;
use crate::files::{self, Files, Kind};
use crate::reach::Reach;
use crate::recording::{Bytes, Call};
use crate::run::Run;
use crate::tape;

/// The most that one call returns, in bytes. `files.rs` has bounds of its own that are smaller.
const MAX_ANSWER: u64 = 64 << 20;

impl Host for Run {
    async fn read_file(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, FileError>> {
        let call = tape::note(&self.tape, || Call::ReadFile { path: path.clone() });
        let live = on_disk(&self.tally.calls, &self.reach, move |files| {
            files.read(&path, MAX_ANSWER).map(Bytes)
        });
        let read = tape::through(&self.tape, call, live).await?;
        Ok(read.map(|Bytes(bytes)| bytes).map_err(file_error))
    }

    async fn list_dir(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Vec<DirEntry>, FileError>> {
        let call = tape::note(&self.tape, || Call::ListDir { path: path.clone() });
        let live = on_disk(&self.tally.calls, &self.reach, move |files| {
            files.list(&path, MAX_ANSWER)
        });
        let entries = tape::through(&self.tape, call, live).await?;
        Ok(entries
            .map(|entries| entries.into_iter().map(dir_entry).collect())
            .map_err(file_error))
    }

    async fn write_file(
        &mut self,
        path: String,
        contents: Vec<u8>,
    ) -> wasmtime::Result<Result<(), FileError>> {
        let call = tape::note(&self.tape, || Call::WriteFile {
            path: path.clone(),
            contents: Bytes(contents.clone()),
        });
        let live = on_disk(&self.tally.calls, &self.reach, move |files| {
            files.write(&path, &contents)
        });
        let written = tape::through(&self.tape, call, live).await?;
        Ok(written.map_err(file_error))
    }
}

async fn on_disk<T: Send + 'static>(
    calls: &Calls,
    reach: &Arc<Reach>,
    work: impl FnOnce(&Files) -> Result<T, files::FileError> + Send + 'static,
) -> wasmtime::Result<Result<T, files::FileError>> {
    let _waiting = calls.waiting();
    let reach = Arc::clone(reach);
    let done = tokio::task::spawn_blocking(move || work(&reach.files)).await;
    done.map_err(wasmtime::Error::new)
}

fn dir_entry(entry: files::Entry) -> DirEntry {
    DirEntry {
        name: entry.name,
        kind: match entry.kind {
            Kind::File => EntryKind::File,
            Kind::Directory => EntryKind::Directory,
            Kind::Other => EntryKind::Other,
        },
        size: entry.size,
    }
}

fn file_error(error: files::FileError) -> FileError {
    match error {
        files::FileError::NotFound(text) => FileError::NotFound(text),
        files::FileError::Denied(text) => FileError::Denied(text),
        files::FileError::WrongKind(text) => FileError::WrongKind(text),
        files::FileError::TooLarge(text) => FileError::TooLarge(text),
        files::FileError::Io(text) => FileError::Io(text),
    }
}
