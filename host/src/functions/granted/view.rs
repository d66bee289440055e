//! What WASI sees of a run: its files, its account, and the granted directories as preopens.

use std::sync::Arc;

use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::filesystem::{Descriptor, Dir, WasiFilesystemCtxView, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::{FsPerms, OpenMode};

use crate::rules::limits::Account;
use crate::run::Run;
use crate::run::capabilities::Capabilities;
use crate::run::wasi::Listings;

/// The files of a run by WASI.
pub(crate) struct Granted;

impl HasData for Granted {
    type Data<'a> = GrantedView<'a>;
}

/// WASI's own view, with the account of the run and the grants.
pub(crate) struct GrantedView<'a> {
    pub(super) wasi: WasiFilesystemCtxView<'a>,
    pub(super) account: Arc<Account>,
    pub(super) listings: Listings,
    /// `None`: nothing is granted by WASI.
    pub(super) capabilities: Option<Arc<Capabilities>>,
}

/// What WASI shows of the files.
pub(crate) fn granted(run: &mut Run) -> GrantedView<'_> {
    let account = Arc::clone(&run.usage.account);
    let listings = run.wasi.listings();
    let is_program = run.wasi.is_program();
    let capabilities = is_program.then(|| Arc::clone(&run.capabilities));
    GrantedView {
        wasi: run.filesystem(),
        account,
        listings,
        capabilities,
    }
}

impl preopens::Host for GrantedView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let Some(capabilities) = &self.capabilities else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (path, dir, writable) in capabilities.files.granted()? {
            let (perms, mode) = if writable {
                (FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE)
            } else {
                (FsPerms::ReadOnly, OpenMode::READ)
            };
            let descriptor = Descriptor::Dir(Dir::new(dir, perms, mode, false));
            found.push((self.wasi.table.push(descriptor)?, path));
        }
        Ok(found)
    }
}
