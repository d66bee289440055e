//! Encrypts what is kept of a login, with a key of the user's (ChaCha20-Poly1305). Owns where that key is. A file that
//! was changed, or that stands in the place of another, is not opened.

use std::env;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::error::LoginError;
use super::keyring::{KEY, Keyring};
use super::random;
use crate::named_file::{self, NamedFileError};
use crate::private_dir;

/// Names the file of the key, where that is to be elsewhere than beside the logins.
const VARIABLE: &str = "MCP_HOST_LOGIN_KEY";
/// What a login begins with whose key is in a file, and one whose key is in the keyring.
const BY_FILE: &[u8] = b"mcp-host login 1\n";
const BY_KEYRING: &[u8] = b"mcp-host login 2\n";

/// The keys of the logins in one directory.
pub(super) struct Keys {
    file: PathBuf,
    /// The environment names the file: it is that one and nothing else.
    is_named: bool,
    keyring: Keyring,
}

impl Keys {
    pub(super) fn beside(directory: &Path, keyring: Keyring) -> Self {
        let named = env::var_os(VARIABLE).filter(|path| !path.is_empty());
        Self {
            is_named: named.is_some(),
            file: named.map_or_else(|| directory.with_extension("key"), Into::into),
            keyring,
        }
    }

    /// What a login that is kept so is encrypted with, for a person.
    pub(super) fn of(&self, kept: &[u8]) -> String {
        match kept.starts_with(BY_KEYRING) {
            true => "a key in the keyring of the desktop".to_owned(),
            false => format!("the key in `{}`", self.file.display()),
        }
    }

    /// The text as it is kept in the file of this name.
    pub(super) fn close(&self, name: &str, text: Vec<u8>) -> Result<Vec<u8>, LoginError> {
        // A file that is there was chosen before.
        if !self.is_named && !self.file.exists() {
            let known = self.keyring.known();
            let keys = match known.is_empty() {
                true => self.keyring.keys(true),
                false => Ok(known),
            };
            match keys.as_deref() {
                Ok([key, ..]) => return Seal::of(key)?.close(BY_KEYRING, name, text),
                Ok([]) => tracing::debug!("the keyring of the desktop keeps no key"),
                Err(why) => tracing::debug!(why, "the keyring of the desktop is not used"),
            }
        }
        let key = match read(&self.file) {
            Err(error) if error.is_not_found() => {
                let made = random::bytes::<KEY>()?;
                let made = make(&self.file, &made).map_err(NamedFileError::Io);
                made.and_then(|()| read(&self.file))
            }
            read => read,
        };
        let key = key.map_err(|error| self.failed(&error))?;
        Seal::of(&key)?.close(BY_FILE, name, text)
    }

    /// The text in the file of this name. `None`: another key closed it, or it was changed.
    pub(super) fn open(&self, name: &str, kept: &[u8]) -> Result<Option<Vec<u8>>, LoginError> {
        if kept.starts_with(BY_KEYRING) {
            let opened = |keys: &[[u8; KEY]]| {
                let seals = keys.iter().filter_map(|key| Seal::of(key).ok());
                let mut opened = seals.filter_map(|seal| seal.open(BY_KEYRING, name, kept));
                opened.next()
            };
            if let Some(text) = opened(&self.keyring.known()) {
                return Ok(Some(text));
            }
            let why = match self.keyring.keys(false) {
                Ok(keys) if keys.is_empty() => "it has no such key".to_owned(),
                Ok(keys) => return Ok(opened(&keys)),
                Err(why) => why,
            };
            return Err(LoginError::Store(format!(
                "the login is encrypted with a key in the keyring of the desktop, which does not give it ({why}): \
                 unlock the keyring, or log in again"
            )));
        }
        let key = read(&self.file).map_err(|error| self.failed(&error))?;
        Ok(Seal::of(&key)?.open(BY_FILE, name, kept))
    }

    fn failed(&self, error: &NamedFileError) -> LoginError {
        let why = match error.is_not_found() {
            true => "is missing: put it back, or log in again".to_owned(),
            false => format!("cannot be used: {error}"),
        };
        LoginError::Store(format!(
            "the key of the logins, `{}`, {why}",
            self.file.display()
        ))
    }
}

/// A key of 32 bytes.
struct Seal(LessSafeKey);

impl Seal {
    fn of(key: &[u8; KEY]) -> Result<Self, LoginError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key)
            .map_err(|_| LoginError::Store("the key of the logins is no key".to_owned()))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    fn close(&self, magic: &[u8], name: &str, mut text: Vec<u8>) -> Result<Vec<u8>, LoginError> {
        let nonce = random::bytes::<NONCE_LEN>()?;
        let sealed = self.0.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name.as_bytes()),
            &mut text,
        );
        sealed.map_err(|_| LoginError::Store("a login cannot be encrypted".to_owned()))?;
        Ok([magic, &nonce, &text].concat())
    }

    fn open(&self, magic: &[u8], name: &str, kept: &[u8]) -> Option<Vec<u8>> {
        let rest = kept.strip_prefix(magic)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(name.as_bytes()), &mut text)
            .ok()?
            .len();
        text.truncate(opened);
        Some(text)
    }
}

fn read(path: &Path) -> Result<[u8; KEY], NamedFileError> {
    // A FIFO is refused: it would wait for its other end for as long as that takes.
    let file = named_file::open(path)?;
    let metadata = file.metadata()?;
    if metadata.mode() & 0o077 != 0 || !private_dir::is_ours(&metadata) {
        let why = "it must be a file of yours that no one else can read (`chmod 600`)";
        return Err(io::Error::other(why).into());
    }
    let mut bytes = Vec::new();
    file.take(KEY as u64 + 1).read_to_end(&mut bytes)?;
    let key = bytes.try_into();
    Ok(key.map_err(|_| io::Error::other(format!("it must have {KEY} bytes")))?)
}

/// Makes the file with these bytes, unless another process has made it meanwhile.
fn make(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new()
        .prefix(".key-")
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn keys(dir: &Path) -> Keys {
        Keys::beside(&dir.join("logins"), Keyring::Unused)
    }

    fn opened(keys: &Keys, name: &str, kept: &[u8]) -> Option<Vec<u8>> {
        keys.open(name, kept).unwrap()
    }

    #[test]
    fn only_the_same_key_opens_and_only_under_the_same_name() {
        let dir = tempfile::tempdir().unwrap();
        let (here, there) = (keys(&dir.path().join("a")), keys(&dir.path().join("b")));
        let kept = here.close("one", b"some text".to_vec()).unwrap();
        assert!(!kept.windows(4).any(|part| part == b"text"));
        let again = keys(&dir.path().join("a"));
        assert_eq!(opened(&again, "one", &kept).unwrap(), b"some text");
        assert_eq!(opened(&again, "two", &kept), None);
        there.close("one", Vec::new()).unwrap();
        assert_eq!(opened(&there, "one", &kept), None);
        for at in 0..kept.len() {
            let mut changed = kept.clone();
            changed[at] ^= 1;
            assert_eq!(keys_open(&here, &changed), None, "byte {at}");
            assert_eq!(keys_open(&here, &kept[..at]), None, "cut at {at}");
        }
    }

    /// What names another key is not opened either.
    fn keys_open(keys: &Keys, kept: &[u8]) -> Option<Vec<u8>> {
        keys.open("one", kept).unwrap_or_default()
    }

    #[test]
    fn key_is_private_and_one_that_is_not_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let keys = keys(dir.path());
        let path = dir.path().join("logins.key");
        let kept = keys.close("one", b"text".to_vec()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let refused = |words: &str| {
            let opened = keys.open("one", &kept).unwrap_err().to_string();
            assert!(opened.contains(words), "{opened}");
            let closed = keys.close("one", Vec::new()).unwrap_err().to_string();
            assert!(closed.contains(words), "{closed}");
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        refused("chmod 600");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        // Only root can give a file away.
        if std::os::unix::fs::chown(&path, Some(12_345), None).is_ok() {
            refused("a file of yours");
            fs::remove_file(&path).unwrap();
        }
        fs::write(&path, b"short").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        refused("32 bytes");
        fs::remove_file(&path).unwrap();
        // It is not waited for.
        let made = std::process::Command::new("mkfifo")
            .args(["-m", "600"])
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        refused("it is a FIFO");
    }

    #[test]
    fn key_that_is_missing_is_not_made_where_a_login_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let keys = keys(dir.path());
        let kept = keys.close("one", b"text".to_vec()).unwrap();
        let path = dir.path().join("logins.key");
        fs::rename(&path, dir.path().join("away")).unwrap();
        let error = keys.open("one", &kept).unwrap_err().to_string();
        assert!(error.contains("is missing: put it back"), "{error}");
        assert!(!path.exists());
        fs::rename(dir.path().join("away"), &path).unwrap();
        assert_eq!(opened(&keys, "one", &kept).unwrap(), b"text");
    }
}
