//! The texts of files that `setup` changes, and the difference that it shows. Writes nothing.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use mcp_bridge::{NamedFileError, named_file};
use similar::TextDiff;

use super::clients::{Client, Homes};
use crate::exit::Failure;

/// The largest file that is read, in bytes: that of Claude Code holds its history too.
const MOST: u64 = 64 << 20;

/// A file, now and after a change. `None`: it does not exist.
pub(super) struct Change {
    pub(super) path: PathBuf,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Change {
    pub(super) fn is_none(&self) -> bool {
        self.before == self.after
    }

    /// The difference, without values that may be secrets.
    pub(super) fn shown(&self) -> String {
        difference(&self.path, self.before.as_deref(), self.after.as_deref())
    }
}

/// The difference of two texts of a file.
pub(super) fn difference(path: &Path, before: Option<&str>, after: Option<&str>) -> String {
    let masked = |text: Option<&str>| {
        let text = text.unwrap_or_default();
        // A text that cannot be read was refused before.
        mcp_bridge::masked(text, path).unwrap_or_default()
    };
    let name = path.display().to_string();
    let head = |text: Option<&str>| match text {
        Some(_) => name.clone(),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (masked(before), masked(after));
    let mut shown = TextDiff::from_lines(&old, &new)
        .unified_diff()
        .header(&head(before), &head(after))
        .to_string();
    if shown.is_empty() {
        shown = match before == after {
            true => format!("{name}: stays as it is\n"),
            false => format!("{name}: only values change that are not shown\n"),
        };
    }
    shown
}

/// The text of a file, if it exists.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match named_file::read_text(path, MOST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_not_found() => {
            if path.is_symlink() {
                let error = anyhow!(
                    "`{}` is a link to a file that does not exist",
                    path.display()
                );
                let hint = "remove the link, or make the file that it points to";
                return Err(Failure::usage(error).hint(Some(hint)));
            }
            Ok(None)
        }
        Err(error @ NamedFileError::Io(_)) => Err(unreadable(path, error, Failure::host)),
        Err(error) => Err(unreadable(path, error, Failure::usage)),
    }
}

fn unreadable(
    path: &Path,
    error: NamedFileError,
    failure: impl Fn(anyhow::Error) -> Failure,
) -> Failure {
    let context = format!("failed to read `{}`", path.display());
    failure(anyhow::Error::new(error).context(context))
}

/// The file of a client: the first that has servers, else the first that exists, else the one that a client makes that
/// is there. `None`: the client is not found.
pub(super) fn of_client(client: &Client, homes: &Homes) -> Option<PathBuf> {
    let places = client.places(homes);
    let mut existing = places.iter().filter(|place| place.file.exists());
    let has_servers = |path: &Path| {
        let text = read(path).ok().flatten().unwrap_or_default();
        let servers = mcp_bridge::client_servers(&text, path, client.format, None);
        servers.is_ok_and(|servers| !servers.is_empty())
    };
    existing
        .clone()
        .find(|place| has_servers(&place.file))
        .or_else(|| existing.next())
        .or_else(|| places.iter().find(|place| place.marker.exists()))
        .map(|place| place.file.clone())
}
