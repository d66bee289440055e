//! Lists of granted directories: bounded before they are made, charged to the run until they are dropped.

use std::sync::PoisonError;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DirectoryEntry, DirectoryEntryStream, ErrorCode, HostDirectoryEntryStream,
};

use super::view::GrantedView;
use crate::storage::files::MAX_ENTRIES;

/// Bytes of an entry of a directory besides its name.
const ENTRY: usize = 64;

/// Bytes that a list of the directory takes, or why it is not made.
pub(super) fn measure(dir: &std::fs::File, most: usize) -> Result<usize, ErrorCode> {
    let dir = cap_std::fs::Dir::from_std_file(dir.try_clone()?);
    let mut bytes = 0;
    for (seen, entry) in dir.entries()?.enumerate() {
        bytes += ENTRY + entry?.file_name().len();
        if seen >= MAX_ENTRIES || bytes > most {
            return Err(ErrorCode::InsufficientMemory);
        }
    }
    Ok(bytes)
}

impl HostDirectoryEntryStream for GrantedView<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        self.wasi.read_directory_entry(stream).await
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        listings.remove(&stream.rep());
        drop(listings);
        HostDirectoryEntryStream::drop(&mut self.wasi, stream)
    }
}
