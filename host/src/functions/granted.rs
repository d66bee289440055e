//! `wasi:filesystem` for a run: an ordinary program sees the granted directories as preopens, and a skill sees none.
//! Opens no FIFO, device or socket, makes no links, and bounds files, listings and buffers as `mcp:tools/files` does.
//! cap-std resolves every path, so that no symbolic link leads out of a grant.

mod listing;
mod streams;
mod view;

use std::sync::{Arc, PoisonError};

use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode,
    Filesize, HostDescriptor, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use crate::rules::limits::Account;
use crate::run::wasi::Held;
use crate::storage::files::MAX_FILE;

use self::listing::measure;
use self::streams::{Reader, Writer};
pub(crate) use self::view::{Granted, GrantedView, granted};

/// What a stream that reads holds of its file, in bytes: one read.
const READ: usize = 64 << 10;

/// What a stream that writes holds, in bytes: what it takes at once.
const WRITE: usize = 64 << 10;

/// Takes these bytes of the account.
fn hold(account: &Arc<Account>, bytes: usize) -> Result<Held, FsError> {
    Held::take(account, bytes).ok_or_else(|| ErrorCode::InsufficientMemory.into())
}

/// The same handle, for a second call with it.
fn again<T: 'static>(handle: &Resource<T>) -> Resource<T> {
    Resource::new_borrow(handle.rep())
}

impl GrantedView<'_> {
    /// Refuses what may block or act when it is opened, and what is too large to read.
    fn check(stat: &DescriptorStat, empties: bool) -> Result<(), ErrorCode> {
        match stat.type_ {
            DescriptorType::Directory | DescriptorType::SymbolicLink => Ok(()),
            DescriptorType::RegularFile if stat.size > MAX_FILE && !empties => {
                Err(ErrorCode::FileTooLarge)
            }
            DescriptorType::RegularFile => Ok(()),
            _ => Err(ErrorCode::NotPermitted),
        }
    }

    /// The length of a file.
    fn length(&self, fd: &Resource<Descriptor>) -> FsResult<u64> {
        match self.wasi.table.get(fd)? {
            Descriptor::File(file) => Ok(file.file.metadata()?.len()),
            Descriptor::Dir(_) => Err(ErrorCode::IsDirectory.into()),
        }
    }

    fn bounded(
        &mut self,
        stream: Resource<DynOutputStream>,
        at: u64,
        held: Held,
    ) -> FsResult<Resource<DynOutputStream>> {
        let stream = Writer {
            stream: self.wasi.table.delete(stream)?,
            at,
            _held: held,
        };
        let stream: DynOutputStream = Box::new(stream);
        Ok(self.wasi.table.push(stream)?)
    }
}

impl types::Host for GrantedView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.wasi.convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.wasi.filesystem_error_code(error)
    }
}

impl HostDescriptor for GrantedView<'_> {
    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        oflags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let empties = oflags.contains(OpenFlags::TRUNCATE);
        // Before it is opened: opening a FIFO waits for its other end. What does not exist is opened to be made.
        let found = self
            .wasi
            .stat_at(again(&fd), path_flags, path.clone())
            .await;
        if let Ok(stat) = found {
            Self::check(&stat, empties)?;
        }
        let opened = self
            .wasi
            .open_at(fd, path_flags, path, oflags, flags)
            .await?;
        // And after it: another process may have put something else there.
        let stat = self.wasi.stat(again(&opened)).await?;
        if let Err(error) = Self::check(&stat, empties) {
            self.wasi.table.delete(opened)?;
            return Err(error.into());
        }
        Ok(opened)
    }

    fn read_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynInputStream>> {
        let held = hold(&self.account, READ)?;
        let stream = self.wasi.read_via_stream(fd, offset)?;
        let stream = Reader {
            stream: self.wasi.table.delete(stream)?,
            _held: held,
        };
        let stream: DynInputStream = Box::new(stream);
        Ok(self.wasi.table.push(stream)?)
    }

    fn write_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        let held = hold(&self.account, WRITE)?;
        let stream = self.wasi.write_via_stream(fd, offset)?;
        self.bounded(stream, offset, held)
    }

    fn append_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let held = hold(&self.account, WRITE)?;
        let end = self.length(&fd)?;
        let stream = self.wasi.append_via_stream(fd)?;
        self.bounded(stream, end, held)
    }

    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        let _held = hold(&self.account, READ)?;
        self.wasi.read(fd, length, offset).await
    }

    async fn write(
        &mut self,
        fd: Resource<Descriptor>,
        buffer: Vec<u8>,
        offset: Filesize,
    ) -> FsResult<Filesize> {
        if offset.saturating_add(buffer.len() as u64) > MAX_FILE {
            return Err(ErrorCode::FileTooLarge.into());
        }
        self.wasi.write(fd, buffer, offset).await
    }

    async fn set_size(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        if size > MAX_FILE {
            return Err(ErrorCode::FileTooLarge.into());
        }
        self.wasi.set_size(fd, size).await
    }

    async fn read_directory(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<DirectoryEntryStream>> {
        let Descriptor::Dir(dir) = self.wasi.table.get(&fd)? else {
            return Err(ErrorCode::NotDirectory.into());
        };
        let (dir, most) = (Arc::clone(&dir.dir), self.account.available());
        // WASI's own list has no bound, so it is measured first.
        let measured = tokio::task::spawn_blocking(move || measure(&dir, most)).await;
        let bytes = measured.map_err(|error| FsError::trap(wasmtime::Error::new(error)))??;
        let held = hold(&self.account, bytes)?;
        let stream = self.wasi.read_directory(fd).await?;
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        listings.insert(stream.rep(), held);
        drop(listings);
        Ok(stream)
    }

    /// A link would show other programs a file under a name that the skill chose.
    async fn link_at(
        &mut self,
        _: Resource<Descriptor>,
        _: PathFlags,
        _: String,
        _: Resource<Descriptor>,
        _: String,
    ) -> FsResult<()> {
        Err(ErrorCode::NotPermitted.into())
    }

    /// The same, and it could lead out of the grant for every other program.
    async fn symlink_at(&mut self, _: Resource<Descriptor>, _: String, _: String) -> FsResult<()> {
        Err(ErrorCode::NotPermitted.into())
    }

    // The rest is WASI's own.

    async fn advise(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
        length: Filesize,
        advice: types::Advice,
    ) -> FsResult<()> {
        self.wasi.advise(fd, offset, length, advice).await
    }

    async fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.wasi.sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        self.wasi.get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorType> {
        self.wasi.get_type(fd).await
    }

    async fn set_times(
        &mut self,
        fd: Resource<Descriptor>,
        accessed: types::NewTimestamp,
        modified: types::NewTimestamp,
    ) -> FsResult<()> {
        self.wasi.set_times(fd, accessed, modified).await
    }

    async fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.wasi.sync(fd).await
    }

    async fn create_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        self.wasi.create_directory_at(fd, path).await
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        self.wasi.stat(fd).await
    }

    async fn stat_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        self.wasi.stat_at(fd, flags, path).await
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        accessed: types::NewTimestamp,
        modified: types::NewTimestamp,
    ) -> FsResult<()> {
        self.wasi
            .set_times_at(fd, flags, path, accessed, modified)
            .await
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        HostDescriptor::drop(&mut self.wasi, fd)
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        self.wasi.readlink_at(fd, path).await
    }

    async fn remove_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        self.wasi.remove_directory_at(fd, path).await
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        old: String,
        to: Resource<Descriptor>,
        new: String,
    ) -> FsResult<()> {
        self.wasi.rename_at(fd, old, to, new).await
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.wasi.unlink_file_at(fd, path).await
    }

    async fn is_same_object(
        &mut self,
        a: Resource<Descriptor>,
        b: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        self.wasi.is_same_object(a, b).await
    }

    async fn metadata_hash(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<types::MetadataHashValue> {
        self.wasi.metadata_hash(fd).await
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<types::MetadataHashValue> {
        self.wasi.metadata_hash_at(fd, flags, path).await
    }
}
