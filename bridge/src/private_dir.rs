//! Directories that one user has for itself: of the response cache, and of the host's component cache and state.
//! Makes them and checks them. Never changes the mode or the owner of one that exists.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// What other users may do in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Nothing: its files hold answers to this user.
    Nothing,
    /// List it and read in it, as far as its files allow; never write.
    Read,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateDirError {
    /// The operating system cannot make it or look at it.
    #[error("failed to use `{}`", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It is a link or no directory, another user owns it, or its mode allows others too much.
    #[error("`{}` is not private: it must be a real directory that only its owner can use", path.display())]
    NotPrivate {
        /// The directory.
        path: PathBuf,
    },
}

/// Makes the directory and those above it where they are missing, with mode 0700, and checks it: a real directory of
/// this user's, in which other users may do no more than `others` says.
///
/// # Errors
///
/// [`PrivateDirError`].
pub fn ensure(dir: &Path, others: Others) -> Result<(), PrivateDirError> {
    let io = |source| PrivateDirError::Io {
        path: dir.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(io)?;
    let metadata = fs::symlink_metadata(dir).map_err(io)?;
    let forbidden = match others {
        Others::Nothing => 0o077,
        Others::Read => 0o022,
    };
    if !metadata.is_dir() || metadata.mode() & forbidden != 0 || !is_ours(&metadata) {
        return Err(PrivateDirError::NotPrivate {
            path: dir.to_owned(),
        });
    }
    Ok(())
}

/// Whether this user owns it. The owner of a file can change it, whatever its mode.
#[must_use]
pub fn is_ours(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    use super::*;

    fn is_refused(dir: &Path, others: Others) -> bool {
        match ensure(dir, others) {
            Ok(()) => false,
            Err(PrivateDirError::NotPrivate { path }) => path == dir,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn missing_directory_is_made_for_its_owner_alone() {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path().join("a/b");
        ensure(&dir, Others::Nothing).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
        ensure(&dir, Others::Read).unwrap();
    }

    #[test]
    fn directory_is_refused_whose_mode_allows_others_too_much() {
        let dir = tempfile::tempdir().unwrap();
        for (mode, nothing, read) in [
            (0o700, false, false),
            (0o755, true, false),
            (0o710, true, false),
            (0o770, true, true),
            (0o702, true, true),
        ] {
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
            let refused =
                [Others::Nothing, Others::Read].map(|others| is_refused(dir.path(), others));
            assert_eq!(refused, [nothing, read], "{mode:o}");
        }
    }

    #[test]
    fn directory_of_another_user_is_refused_whatever_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        // Only root can give a directory away. Any other user takes one that root owns.
        let foreign = match chown(dir.path(), Some(12_345), None) {
            Ok(()) => dir.path(),
            Err(_) => Path::new("/usr"),
        };
        assert!(is_refused(foreign, Others::Nothing));
        assert!(is_refused(foreign, Others::Read));
    }

    #[test]
    fn link_and_file_are_refused() {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path().join("dir");
        ensure(&dir, Others::Nothing).unwrap();
        let link = above.path().join("link");
        symlink(&dir, &link).unwrap();
        assert!(is_refused(&link, Others::Read));
        let below_a_file = ensure(Path::new("/dev/null/dir"), Others::Read);
        assert!(matches!(below_a_file, Err(PrivateDirError::Io { .. })));
    }
}
