//! Where logins are kept: a file of mode 0600 for each, encrypted, replaced whole, and changed by one process at a
//! time. A login is found by the address of its server and by its issuer, never by a name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use super::error::LoginError;
use super::keyring::Keyring;
use super::record::{Record, bare, is_same_issuer};
use super::seal::Keys;
use crate::private_dir::{self, Others};
use crate::{durable, named_file};

/// The largest file of a login, in bytes: two answers of an authorization server fit.
const MAX_FILE: u64 = 1 << 20;
/// How many files of a directory are looked at for one server.
const MAX_FILES: usize = 10_000;
/// How the names of the files end.
const LOGIN: &str = ".login";
/// How long another process may hold a login: as long as its request to the authorization server takes.
const LOCK_PATIENCE: Duration = Duration::from_secs(45);
const LOCK_AGAIN: Duration = Duration::from_millis(20);

/// The place of this process.
static PLACE: RwLock<Option<Arc<Logins>>> = RwLock::new(None);

/// Keeps the logins of servers in this directory, from now on and for the whole process. Without it, servers are used
/// without logins. The key is in the file that `MCP_HOST_LOGIN_KEY` names, else in that beside the directory, else in
/// the keyring of the desktop if it may be used and answers. Where none has it, it is made: in the keyring, or else in
/// the file.
pub fn keep_logins_in(directory: PathBuf, keyring: Keyring) {
    let logins = Arc::new(Logins::at(directory, keyring));
    *PLACE.write().unwrap_or_else(PoisonError::into_inner) = Some(logins);
}

/// The place of this process, if it has one.
pub(super) fn place() -> Option<Arc<Logins>> {
    PLACE.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The logins in one directory.
pub(super) struct Logins {
    directory: PathBuf,
    keys: Keys,
}

/// Which file a login is in, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    changed: SystemTime,
}

/// Held by one process at a time for one login.
pub(super) struct Held(#[expect(dead_code, reason = "closing the file ends the lock")] File);

impl Logins {
    fn at(directory: PathBuf, keyring: Keyring) -> Self {
        let keys = Keys::beside(&directory, keyring);
        Self { directory, keys }
    }

    /// Where the login of a server is, for a person. `None`: there is none.
    pub(super) fn shown(&self, server: &str, issuer: Option<&str>) -> Option<String> {
        let name = self.file(server, issuer).ok().flatten()?;
        let kept = named_file::read(&self.directory.join(name), MAX_FILE).ok()?;
        Some(format!(
            "in `{}`, encrypted with {}",
            self.directory.display(),
            self.keys.of(&kept)
        ))
    }

    /// The login of a server, at this issuer or at any. The newest counts.
    pub(super) fn find(
        &self,
        server: &str,
        issuer: Option<&str>,
    ) -> Result<Option<Record>, LoginError> {
        let name = self.file(server, issuer)?;
        name.map_or(Ok(None), |name| self.named(&name, server))
    }

    fn file(&self, server: &str, issuer: Option<&str>) -> Result<Option<String>, LoginError> {
        let Some(issuer) = issuer else {
            return Ok(self.issuers(server)?.into_iter().next());
        };
        // A configuration may write the slash of an origin where its authorization server does not, and the reverse.
        let bare = bare(issuer);
        let slashed = format!("{bare}/");
        let mut spellings = vec![issuer, bare];
        if is_same_issuer(&slashed, issuer) {
            spellings.push(&slashed);
        }
        let mut names = spellings.into_iter().map(|issuer| name(server, issuer));
        Ok(names.find(|name| self.directory.join(name).exists()))
    }

    /// Which file the login is in. `None`: there is none.
    pub(super) fn stamp(&self, server: &str, issuer: &str) -> Option<Stamp> {
        let metadata = fs::metadata(self.directory.join(name(server, issuer))).ok()?;
        Some(Stamp {
            inode: metadata.ino(),
            changed: metadata.modified().ok()?,
        })
    }

    /// The names of the files of a server's logins, the newest first.
    pub(super) fn issuers(&self, server: &str) -> Result<Vec<String>, LoginError> {
        let files = match fs::read_dir(&self.directory) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed(&error)),
        };
        let beginning = format!("{}-", digest(server));
        let mut found: Vec<(SystemTime, String)> = Vec::new();
        for file in files.take(MAX_FILES).flatten() {
            let Ok(name) = file.file_name().into_string() else {
                continue;
            };
            let is_login = name.starts_with(&beginning) && name.ends_with(LOGIN);
            let changed = file.metadata().and_then(|metadata| metadata.modified());
            if let (true, Ok(changed)) = (is_login, changed) {
                found.push((changed, name));
            }
        }
        found.sort_by_key(|(changed, _)| std::cmp::Reverse(*changed));
        Ok(found.into_iter().map(|(_, name)| name).collect())
    }

    /// The login in the file of this name.
    pub(super) fn named(&self, name: &str, server: &str) -> Result<Option<Record>, LoginError> {
        let path = self.directory.join(name);
        let kept = match named_file::read(&path, MAX_FILE) {
            Ok(kept) => kept,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        let text = self.keys.open(name, &kept)?;
        let record: Option<Record> = text.and_then(|text| serde_json::from_slice(&text).ok());
        match record {
            Some(record) if record.server == server => Ok(Some(record)),
            _ => Err(LoginError::Store(format!(
                "the login in `{}` cannot be read with {}: log in again",
                path.display(),
                self.keys.of(&kept)
            ))),
        }
    }

    /// Keeps a login in place of all others of its server: those of an authorization server that it no longer names.
    pub(super) async fn replace(&self, record: &Record) -> Result<(), LoginError> {
        // Of two logins at once, one would else remove the other.
        let _turn = self.hold(&record.server, "").await?;
        let own = name(&record.server, &record.issuer);
        let held = self.hold_file(&own).await?;
        self.save(record)?;
        drop(held);
        for other in self.issuers(&record.server)? {
            if other != own {
                // A renewal that is on its way would else keep it again.
                let _held = self.hold_file(&other).await?;
                self.remove(&other)?;
            }
        }
        Ok(())
    }

    /// Keeps a login. A process that is killed meanwhile leaves the old one or the new one.
    pub(super) fn save(&self, record: &Record) -> Result<(), LoginError> {
        self.ready()?;
        let name = name(&record.server, &record.issuer);
        let text = serde_json::to_vec(record)
            .map_err(|error| LoginError::Store(format!("a login cannot be written: {error}")))?;
        let sealed = self.keys.close(&name, text)?;
        durable::write_private(&self.directory.join(name), &sealed)
            .map_err(|error| self.failed(&error))
    }

    /// Removes the file of this name. The lock file stays: another process may wait at it.
    pub(super) fn remove(&self, name: &str) -> Result<(), LoginError> {
        match fs::remove_file(self.directory.join(name)) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Waits until no other process changes this login, and keeps others out until the result is dropped. Dropping the
    /// future gives up.
    pub(super) async fn hold(&self, server: &str, issuer: &str) -> Result<Held, LoginError> {
        self.hold_file(&name(server, issuer)).await
    }

    /// The same for the file of this name.
    pub(super) async fn hold_file(&self, name: &str) -> Result<Held, LoginError> {
        self.ready()?;
        let path = self.directory.join(name).with_extension("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = named_file::open_with(&path, &options).map_err(|error| self.failed(&error))?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Held(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    sleep(LOCK_AGAIN).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(LoginError::Transient(format!(
                        "another process holds `{}` for more than {} s",
                        path.display(),
                        LOCK_PATIENCE.as_secs()
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(self.failed(&error)),
            }
        }
    }

    fn ready(&self) -> Result<(), LoginError> {
        private_dir::ensure(&self.directory, Others::Nothing)
            .map_err(|error| LoginError::Store(crate::error::with_causes(&error)))
    }

    fn failed(&self, error: &dyn std::error::Error) -> LoginError {
        LoginError::Store(format!(
            "logins cannot be kept in `{}`: {error}",
            self.directory.display()
        ))
    }
}

/// The name of a file: who the login is for, and with whom, and readable by no one.
fn name(server: &str, issuer: &str) -> String {
    format!("{}-{}{LOGIN}", digest(server), digest(issuer))
}

fn digest(text: &str) -> String {
    let hash = blake3::derive_key("mcp-host login name 1", text.as_bytes());
    hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The directory, for tests of other files.
#[cfg(test)]
pub(super) fn in_directory(directory: &std::path::Path) -> Logins {
    Logins::at(directory.join("logins"), Keyring::Unused)
}

#[cfg(test)]
mod tests;
