//! Encrypts what is kept of a login, with a key of the user's (ChaCha20-Poly1305). A file that was changed, or that
//! stands in the place of another, is not opened.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::error::LoginError;
use super::random;
use crate::private_dir;

/// Names the file of the key, where that is to be elsewhere than beside the logins.
const VARIABLE: &str = "MCP_HOST_LOGIN_KEY";
const MAGIC: &[u8] = b"mcp-host login 1\n";
const KEY: usize = 32;

/// A key of 32 bytes.
pub(super) struct Seal(LessSafeKey);

/// Where the key is: the file that the environment names, or this one.
pub(super) fn key_file(default: &Path) -> PathBuf {
    match env::var_os(VARIABLE) {
        Some(path) if !path.is_empty() => path.into(),
        _ => default.to_owned(),
    }
}

impl Seal {
    /// The key in this file, which is made where it is missing.
    pub(super) fn of(path: &Path) -> Result<Self, LoginError> {
        let failed = |error: io::Error| {
            LoginError::Store(format!(
                "the key of the logins, `{}`, cannot be used: {error}",
                path.display()
            ))
        };
        let bytes = match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = random::bytes::<KEY>()?;
                make(path, &made).and_then(|()| read(path))
            }
            read => read,
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes.map_err(failed)?)
            .map_err(|_| failed(io::Error::other("it is no key")))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The text as it is kept in the file of this name.
    pub(super) fn close(&self, name: &str, mut text: Vec<u8>) -> Result<Vec<u8>, LoginError> {
        let nonce = random::bytes::<NONCE_LEN>()?;
        let sealed = self.0.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name.as_bytes()),
            &mut text,
        );
        sealed.map_err(|_| LoginError::Store("a login cannot be encrypted".to_owned()))?;
        Ok([MAGIC, &nonce, &text].concat())
    }

    /// The text in the file of this name. `None`: another key closed it, or it was changed.
    pub(super) fn open(&self, name: &str, kept: &[u8]) -> Option<Vec<u8>> {
        let rest = kept.strip_prefix(MAGIC)?;
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

fn read(path: &Path) -> io::Result<[u8; KEY]> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.mode() & 0o077 != 0 || !private_dir::is_ours(&metadata) {
        return Err(io::Error::other(
            "it must be a file of yours that no one else can read (`chmod 600`)",
        ));
    }
    let mut bytes = Vec::new();
    file.take(KEY as u64 + 1).read_to_end(&mut bytes)?;
    bytes
        .try_into()
        .map_err(|_| io::Error::other(format!("it must have {KEY} bytes")))
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

    #[test]
    fn only_the_same_key_opens_and_only_under_the_same_name() {
        let dir = tempfile::tempdir().unwrap();
        let seal = Seal::of(&dir.path().join("a/key")).unwrap();
        let kept = seal.close("one", b"some text".to_vec()).unwrap();
        assert!(!kept.windows(4).any(|part| part == b"text"));
        let again = Seal::of(&dir.path().join("a/key")).unwrap();
        assert_eq!(again.open("one", &kept).unwrap(), b"some text");
        assert_eq!(again.open("two", &kept), None);
        let other = Seal::of(&dir.path().join("b/key")).unwrap();
        assert_eq!(other.open("one", &kept), None);
        for at in 0..kept.len() {
            let mut changed = kept.clone();
            changed[at] ^= 1;
            assert_eq!(seal.open("one", &changed), None, "byte {at}");
            assert_eq!(seal.open("one", &kept[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn key_is_private_and_one_that_is_not_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        Seal::of(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Seal::of(&path).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"short").unwrap();
        assert!(Seal::of(&path).is_err());
    }
}
