//! `mcp-host run --record FILE`: a run that can be replayed.

use std::fs::{File, OpenOptions, Permissions};
use std::io::BufWriter;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use mcp_bridge::named_file;

use super::exit::Failure;

/// A file for a recording. What it had before stays until the run begins.
pub(crate) struct Opened {
    file: File,
    path: PathBuf,
    is_new: bool,
}

/// Opens the file before anything runs, so that a wrong path is an error at once.
pub(crate) fn open(path: &Path) -> Result<Opened, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    let is_new = path.symlink_metadata().is_err();
    let file = named_file::open_with(path, &options).map_err(|error| failed(path, error))?;
    Ok(Opened {
        file,
        path: path.to_owned(),
        is_new,
    })
}

impl Opened {
    /// Empties the file. It will contain responses of tools, so only this user may read it.
    pub(crate) fn begin(self) -> Result<BufWriter<File>, Failure> {
        // An existing file may have been readable by all users.
        let emptied = self
            .file
            .set_permissions(Permissions::from_mode(0o600))
            .and_then(|()| self.file.set_len(0));
        emptied.map_err(|error| failed(&self.path, error))?;
        Ok(BufWriter::new(self.file))
    }

    /// Leaves everything as it was.
    pub(crate) fn leave(self) {
        if self.is_new {
            // Nothing is lost where an empty file stays.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn failed(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    let error = anyhow::Error::new(error);
    Failure::usage(error.context(format!("failed to make recording `{}`", path.display())))
}
