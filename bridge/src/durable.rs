//! Writes a file so that a reader sees the old contents or the new ones, and nothing between.

use std::fs::{self, Metadata};
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces the file, or makes it. `like` gives the permissions; without it they are those of any new
/// file. A symbolic link stays one: what it points to is replaced.
pub(crate) fn write(path: &Path, contents: &[u8], like: Option<Metadata>) -> io::Result<()> {
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
    if like.is_none() {
        // As for any file that is made: the umask takes away what is too much.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let mut file = builder.prefix(".mcp-").tempfile_in(directory)?;
    file.write_all(contents)?;
    if let Some(like) = like {
        file.as_file().set_permissions(like.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}
