//! Writes a file so that a reader sees the old contents or the new ones, and nothing between.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Replaces the file, or makes it, and then with the mode of any new file. A symbolic link stays one: what it points to
/// is replaced.
///
/// # Errors
///
/// Those of the operating system; the file is as it was then.
pub fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let like = fs::metadata(path).ok();
    replace(path, contents, like.map(|like| like.permissions()))
}

/// The same for a file that only this user may read.
///
/// # Errors
///
/// Those of the operating system; the file is as it was then.
pub fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    replace(path, contents, Some(Permissions::from_mode(0o600)))
}

fn replace(path: &Path, contents: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let path = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    if permissions.is_none() {
        // As for any file that is made: the umask takes away what is too much.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".mcp-").tempfile_in(directory)?;
    file.write_all(contents)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}
