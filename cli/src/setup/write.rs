//! Writes the files of a setup, each whole or not at all.

use std::fs;
use std::io;

use anyhow::{Context as _, anyhow};
use mcp_bridge::durable;

use super::files::{self, Change};
use crate::dirs;
use crate::exit::Failure;

/// Fails if the file is not what was shown to the user.
pub(super) fn unchanged(change: &Change) -> Result<(), Failure> {
    if files::read(&change.path)? == change.before {
        return Ok(());
    }
    let error = anyhow!("`{}` changed in the meantime", change.path.display());
    Err(Failure::host(error).hint(Some("quit the client, and run this command again")))
}

/// Writes a file, or removes it where it did not exist. A private file is one that only this user can read.
pub(super) fn put(change: &Change, private: bool) -> Result<(), Failure> {
    let path = &change.path;
    let write = || -> io::Result<()> {
        let Some(text) = &change.after else {
            return match fs::remove_file(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            };
        };
        match private {
            true => {
                dirs::make_parent(path)?;
                durable::write_private(path, text.as_bytes())
            }
            false => durable::write(path, text.as_bytes()),
        }
    };
    write()
        .with_context(|| format!("failed to write `{}`", path.display()))
        .map_err(Failure::host)
}
