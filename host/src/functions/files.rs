//! `mcp:tools/files`: the virtual tree. Disk work runs on the blocking pool, so that a slow disk blocks neither other
//! runs nor the deadline.

use std::sync::Arc;

use crate::contract::FileError;
use crate::contract::bindings::mcp::tools::files::{DirEntry, EntryKind, Host};
use crate::recording::{Bytes, Call};
use crate::run::Run;
use crate::run::call_log;
use crate::run::calls::CallTracker;
use crate::run::capabilities::Capabilities;
use crate::storage::files::{self, Files, Kind};

impl Host for Run {
    async fn read_file(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, FileError>> {
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(path.len())?;
            Ok(Call::ReadFile { path: path.clone() })
        })?;
        let charged = Arc::clone(&self.usage.account);
        let live = on_disk(&self.usage.calls, &self.capabilities, 0, move |files| {
            files.read(&path, &charged).map(Bytes)
        });
        let read = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(match read {
            Ok(Bytes(bytes)) => self.given(bytes.len()).map(|()| bytes),
            Err(error) => Err(error),
        })
    }

    async fn list_dir(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Vec<DirEntry>, FileError>> {
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(path.len())?;
            Ok(Call::ListDir { path: path.clone() })
        })?;
        let charged = Arc::clone(&self.usage.account);
        let live = on_disk(&self.usage.calls, &self.capabilities, 0, move |files| {
            files.list(&path, &charged)
        });
        let entries = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(match entries {
            Ok(entries) => {
                let weight =
                    |entry: &files::DirEntry| size_of::<files::DirEntry>() + entry.name.len();
                self.given(entries.iter().map(weight).sum())
                    .map(|()| entries.into_iter().map(dir_entry).collect())
            }
            Err(error) => Err(error),
        })
    }

    async fn write_file(
        &mut self,
        path: String,
        contents: Vec<u8>,
    ) -> wasmtime::Result<Result<(), FileError>> {
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(path.len() + contents.len())?;
            Ok(Call::WriteFile {
                path: path.clone(),
                contents: Bytes(contents.clone()),
            })
        })?;
        let handed = path.len() + contents.len();
        let live = on_disk(
            &self.usage.calls,
            &self.capabilities,
            handed,
            move |files| files.write(&path, &contents),
        );
        let written = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(written)
    }
}

impl Run {
    /// Charges the result of a file function until the guest has it.
    fn given(&self, bytes: usize) -> Result<(), FileError> {
        match self.usage.account.take(bytes) {
            Ok(()) => {
                self.meter.lower(bytes);
                Ok(())
            }
            Err(_) => Err(FileError::TooLarge(NO_ROOM.into())),
        }
    }
}

const NO_ROOM: &str = "it needs more memory than the run has left; raise it with `--memory`";

/// Does the work on the blocking pool. The guest's arguments stay charged meanwhile.
async fn on_disk<T: Send + 'static>(
    calls: &CallTracker,
    capabilities: &Arc<Capabilities>,
    handed: usize,
    work: impl FnOnce(&Files) -> Result<T, FileError> + Send + 'static,
) -> wasmtime::Result<Result<T, FileError>> {
    let _waiting = calls.waiting()?;
    let Ok(_handed) = calls.account().charge(handed) else {
        return Ok(Err(FileError::TooLarge(NO_ROOM.into())));
    };
    let capabilities = Arc::clone(capabilities);
    let done = tokio::task::spawn_blocking(move || work(&capabilities.files)).await;
    done.map_err(wasmtime::Error::new)
}

fn dir_entry(entry: files::DirEntry) -> DirEntry {
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
