//! `mcp-host run --record FILE`: a run that can be replayed.

use std::fs::{File, OpenOptions, Permissions};
use std::io::BufWriter;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use mcp_bridge::{NamedFileError, named_file};

use super::exit::Failure;

/// Creates the file before anything runs. It will contain responses of tools, so only this user may read it.
pub(crate) fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    open(path)
        .with_context(|| format!("failed to make recording `{}`", path.display()))
        .map(BufWriter::new)
        .map_err(Failure::usage)
}

fn open(path: &Path) -> Result<File, NamedFileError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    let file = named_file::open_with(path, &options)?;
    // An existing file may have been readable by all users.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.set_len(0)?;
    Ok(file)
}
