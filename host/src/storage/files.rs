//! The virtual file tree of a run: granted directories, and the catalog under `/mcp-tools`.
//! Directories are capability handles (cap-std): no path, symbolic link or race leads out of one.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{
    Dir, File, Metadata, MetadataExt as _, OpenOptions, OpenOptionsExt as _, Permissions,
};
use cap_tempfile::TempFile;

use crate::catalog::Catalog;
use crate::contract::FileError;
use crate::rules::limits::Account;
use crate::rules::policy::Grants;

mod catalog_tree;
mod entry;

use catalog_tree::CatalogTree;
pub(crate) use entry::{DirEntry, Kind, MAX_FILE};
use entry::{directory, too_large};

/// The most entries that are listed of one directory.
pub(crate) const MAX_ENTRIES: usize = 10_000;

/// The file tree that a skill sees.
pub(crate) struct Files {
    mounts: Vec<Mount>,
    catalog: CatalogTree,
}

struct Mount {
    /// The parts of the guest path.
    guest: Vec<String>,
    dir: Dir,
    writable: bool,
}

/// A granted directory that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("failed to open the granted directory `{}`", path.display())]
pub struct GrantedDirError {
    path: PathBuf,
    source: std::io::Error,
}

/// The target of a path.
enum Target<'a> {
    /// In the catalog.
    Catalog(&'a [&'a str]),
    /// In a granted directory, with the rest of the path.
    Mount(&'a Mount, PathBuf),
    /// A directory that only leads to grants.
    Between(BTreeSet<String>),
}

impl Files {
    /// Opens the granted directories.
    pub(crate) fn open(grants: &Grants, catalog: &Arc<Catalog>) -> Result<Self, GrantedDirError> {
        let mut mounts = grants
            .dirs
            .iter()
            .map(|grant| {
                let dir =
                    Dir::open_ambient_dir(&grant.host, ambient_authority()).map_err(|source| {
                        GrantedDirError {
                            path: grant.host.clone(),
                            source,
                        }
                    })?;
                Ok(Mount {
                    guest: grant.guest.split('/').skip(1).map(str::to_owned).collect(),
                    dir,
                    writable: grant.writable,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        // The longest guest path is the most specific one, and comes first.
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.guest.len()));
        Ok(Self {
            mounts,
            catalog: CatalogTree::new(Arc::clone(catalog)),
        })
    }

    /// The granted directories, for WASI: the guest path, the directory, and whether the skill may write.
    pub(crate) fn granted(&self) -> std::io::Result<Vec<(String, std::fs::File, bool)>> {
        let granted = self.mounts.iter().map(|mount| {
            let path = format!("/{}", mount.guest.join("/"));
            Ok((path, mount.dir.try_clone()?.into_std_file(), mount.writable))
        });
        granted.collect()
    }

    /// Reads the whole file, if the run has memory left for it. Does not read a file whose metadata says that it is
    /// larger. Charges the memory to the run, and takes no more of it after the run is over.
    pub(crate) fn read(&self, path: &str, account: &Account) -> Result<Vec<u8>, FileError> {
        let most = left(account).min(MAX_FILE);
        let parts = parts(path)?;
        match self.target(path, &parts)? {
            Target::Catalog(rest) => self.catalog.read(path, rest, account),
            Target::Between(_) => Err(FileError::WrongKind(format!("`{path}` is a directory"))),
            Target::Mount(mount, rest) => {
                // A FIFO without a writer must not hang the host, so the open does not wait.
                let mut options = OpenOptions::new();
                options.read(true).custom_flags(libc::O_NONBLOCK);
                let file = mount
                    .dir
                    .open_with(&rest, &options)
                    .map_err(|error| io_error(path, &error))?;
                let metadata = file.metadata().map_err(|error| io_error(path, &error))?;
                if !metadata.is_file() {
                    return Err(FileError::WrongKind(format!("`{path}` is not a file")));
                }
                if metadata.len() > most {
                    return Err(too_large(path, most));
                }
                let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
                // One byte more than allowed: the file may grow while it is read.
                file.take(most + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| io_error(path, &error))?;
                if bytes.len() as u64 > most {
                    return Err(too_large(path, most));
                }
                Ok(bytes)
            }
        }
    }

    /// The entries of one directory, by name, if the run has memory left for them: 64 bytes for each besides its name.
    /// Charged as in [`Files::read`].
    pub(crate) fn list(&self, path: &str, account: &Account) -> Result<Vec<DirEntry>, FileError> {
        let budget = left(account);
        let parts = parts(path)?;
        let mut entries = match self.target(path, &parts)? {
            Target::Catalog(rest) => self.catalog.list(path, rest, account)?,
            Target::Between(names) => names.into_iter().map(directory).collect(),
            Target::Mount(mount, rest) => list_dir(&mount.dir, path, rest, budget)?,
        };
        if entries.iter().map(size_of).sum::<u64>() > budget {
            return Err(too_many(path, budget));
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Replaces or creates the file.
    pub(crate) fn write(&self, path: &str, contents: &[u8]) -> Result<(), FileError> {
        let parts = parts(path)?;
        let Target::Mount(mount, rest) = self.target(path, &parts)? else {
            return Err(FileError::Denied(format!("`{path}` is read-only")));
        };
        if !mount.writable {
            return Err(FileError::Denied(format!(
                "`{path}` is granted read-only; grant it with `:rw`"
            )));
        }
        if contents.len() as u64 > MAX_FILE {
            return Err(too_large(path, MAX_FILE));
        }
        let (parent, name) = match (rest.parent(), rest.file_name()) {
            (Some(parent), Some(name)) => (parent, name),
            _ => return Err(FileError::WrongKind(format!("`{path}` is a directory"))),
        };
        let parent = if parent.as_os_str().is_empty() {
            mount.dir.try_clone()
        } else {
            mount.dir.open_dir(parent)
        };
        let parent = parent.map_err(|error| io_error(path, &error))?;
        // Only a plain file may be replaced: not a directory, a FIFO, or a link.
        let old = match parent.symlink_metadata(name) {
            Ok(old) if !old.is_file() => {
                return Err(FileError::Denied(format!("`{path}` is not a plain file")));
            }
            Ok(old) => Some(old),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            // The old file has a mode that must be kept, and it is unknown.
            Err(error) => return Err(io_error(path, &error)),
        };
        // A new file replaces the old one: readers see the old or the new contents, never a mix.
        let replace = || {
            let mut file = TempFile::new(&parent)?;
            // Before the file has any contents to read.
            if let Some(old) = &old {
                like(file.as_file(), old)?;
            }
            file.write_all(contents)?;
            file.replace(name)
        };
        replace().map_err(|error| io_error(path, &error))
    }

    fn target<'a>(&'a self, path: &str, parts: &'a [&'a str]) -> Result<Target<'a>, FileError> {
        if let ["mcp-tools", rest @ ..] = parts {
            return Ok(Target::Catalog(rest));
        }
        for mount in &self.mounts {
            if starts_with(parts, &mount.guest) {
                let rest = &parts[mount.guest.len()..];
                let rest = if rest.is_empty() {
                    PathBuf::from(".")
                } else {
                    rest.iter().collect()
                };
                return Ok(Target::Mount(mount, rest));
            }
        }
        let mut between: BTreeSet<String> = self
            .mounts
            .iter()
            .filter(|mount| {
                mount.guest.len() > parts.len()
                    && mount.guest.iter().zip(parts).all(|(a, b)| a == b)
            })
            .filter_map(|mount| mount.guest.get(parts.len()).cloned())
            .collect();
        if parts.is_empty() {
            between.insert("mcp-tools".to_owned());
        }
        if between.is_empty() {
            return Err(FileError::Denied(format!(
                "`{path}` is not granted; add `--dir HOST::GUEST`, with `:rw` to write"
            )));
        }
        Ok(Target::Between(between))
    }
}

/// Gives a new file the permissions of the old one. The file belongs to this user, so setuid, setgid and the sticky bit
/// are not kept.
fn like(file: &File, old: &Metadata) -> std::io::Result<()> {
    let mut mode = old.mode() & 0o777;
    // The group's permissions applied to the old group, not to the group of this process.
    if file.metadata()?.gid() != old.gid()
        && std::os::unix::fs::fchown(file, None, Some(old.gid())).is_err()
    {
        mode &= !0o070;
    }
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    file.set_permissions(Permissions::from_std(mode))
}

/// Bytes of a path, as Linux has it (`PATH_MAX`). Each part of a path takes memory of the host, and each error names
/// it.
const LONGEST_PATH: usize = 4_096;

/// The parts of an absolute path without `.`, `..` or empty ones.
fn parts(path: &str) -> Result<Vec<&str>, FileError> {
    let denied = |why: &str| {
        Err(FileError::Denied(format!(
            "`{}` {why}",
            mcp_bridge::text::line(path)
        )))
    };
    if path.len() > LONGEST_PATH {
        return Err(FileError::Denied(format!(
            "a path of {} bytes is longer than a path may be: {LONGEST_PATH} bytes",
            path.len()
        )));
    }
    let Some(rest) = path.strip_prefix('/') else {
        return denied("is not an absolute path");
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<_> = rest.split('/').collect();
    if parts
        .iter()
        .any(|part| part.is_empty() || *part == "." || *part == ".." || part.contains('\0'))
    {
        return denied("has an empty part, `.`, `..` or NUL in it");
    }
    Ok(parts)
}

fn starts_with(parts: &[&str], prefix: &[String]) -> bool {
    parts.len() >= prefix.len() && prefix.iter().zip(parts).all(|(a, b)| a == b)
}

fn list_dir(dir: &Dir, path: &str, rest: PathBuf, budget: u64) -> Result<Vec<DirEntry>, FileError> {
    let listing = dir.read_dir(rest).map_err(|error| io_error(path, &error))?;
    let (mut entries, mut left) = (Vec::new(), budget);
    for (seen, entry) in listing.enumerate() {
        let entry = entry.map_err(|error| io_error(path, &error))?;
        // Skipped entries take time too.
        if seen >= MAX_ENTRIES {
            return Err(FileError::TooLarge(format!(
                "`{path}` has more than {MAX_ENTRIES} entries"
            )));
        }
        // A skill could not open an entry that vanished, or one whose name is not UTF-8.
        let (Ok(metadata), Ok(name)) = (entry.metadata(), entry.file_name().into_string()) else {
            continue;
        };
        let kind = if metadata.is_file() {
            Kind::File
        } else if metadata.is_dir() {
            Kind::Directory
        } else {
            Kind::Other
        };
        let entry = DirEntry {
            name,
            kind,
            size: if kind == Kind::File {
                metadata.len()
            } else {
                0
            },
        };
        left = left
            .checked_sub(size_of(&entry))
            .ok_or_else(|| too_many(path, budget))?;
        entries.push(entry);
    }
    Ok(entries)
}

/// Bytes that an entry takes.
fn size_of(entry: &DirEntry) -> u64 {
    64 + entry.name.len() as u64
}

fn too_many(path: &str, budget: u64) -> FileError {
    FileError::TooLarge(format!(
        "the entries of `{path}` take more than the {budget} bytes that the run may take"
    ))
}

fn io_error(path: &str, error: &std::io::Error) -> FileError {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => FileError::NotFound(format!("`{path}` does not exist")),
        ErrorKind::PermissionDenied => {
            FileError::Denied(format!("`{path}` is outside the grant, or not permitted"))
        }
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => {
            FileError::WrongKind(format!("`{path}`: {error}"))
        }
        _ => FileError::Io(format!("`{path}`: {error}")),
    }
}

/// How much memory the run has left, in bytes.
fn left(account: &Account) -> u64 {
    account.available() as u64
}

#[cfg(test)]
#[path = "files/tests.rs"]
mod tests;
