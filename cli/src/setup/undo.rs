//! Undoes a setup: the client's file is again what it was, byte for byte. Where the client wrote it since, only its
//! servers come back; where those changed too, nothing does.

use std::path::Path;

use anyhow::anyhow;
use mcp_bridge::restore_servers;

use super::clients::Client;
use super::copies::{self, Done};
use super::files::{self, Change};
use crate::exit::Failure;

/// What undoing does.
pub(super) struct Undo {
    pub(super) done: Done,
    pub(super) file: Change,
    /// `None`: this program's file stays as it is.
    pub(super) config: Option<Change>,
    pub(super) notes: Vec<String>,
    /// Whether an earlier setup of the client can be undone after this one.
    pub(super) has_earlier: bool,
}

pub(super) fn plan(all: &Path, client: &Client, file: Option<&Path>) -> Result<Undo, Failure> {
    let mut setups = copies::all(all);
    let Some(at) = setups.iter().position(|done| done.is_of(client.name, file)) else {
        let error = anyhow!("no setup of {} is known that could be undone", client.title);
        return Err(Failure::usage(error));
    };
    let done = setups.remove(at);
    let kept = done.client()?;
    let now = files::read(&kept.path)?;
    let mut notes = Vec::new();
    let before = if now == kept.after || now == kept.before {
        kept.before
    } else {
        notes.push(format!(
            "{} changed the file since: only its servers come back",
            client.title
        ));
        Some(merged(client, &kept, now.as_deref(), &done)?)
    };
    let config = ours(&done, &setups, &mut notes)?;
    Ok(Undo {
        file: Change {
            path: kept.path,
            before: now,
            after: before,
        },
        config,
        notes,
        has_earlier: setups.iter().any(|done| done.is_of(client.name, file)),
        done,
    })
}

/// The client's file as it is now, with the servers that it had.
fn merged(
    client: &Client,
    kept: &Change,
    now: Option<&str>,
    done: &Done,
) -> Result<String, Failure> {
    let written = kept.after.as_deref().unwrap_or_default();
    let before = kept.before.as_deref().unwrap_or_default();
    let merged = match now {
        Some(now) => restore_servers(now, written, before, &kept.path, client.format.key)
            .map_err(|error| Failure::usage(error.into()))?,
        None => None,
    };
    merged.ok_or_else(|| {
        let changed = files::difference(&kept.path, kept.after.as_deref(), now);
        let error = anyhow!(
            "the servers in `{}` changed since the setup:\n{changed}",
            kept.path.display()
        );
        let hint = match &kept.before {
            Some(_) => format!(
                "the file as it was is `{}`: take from it what you need",
                done.copy().display()
            ),
            None => "the file did not exist before: remove it, or take the entry out".to_owned(),
        };
        Failure::usage(error).hint(Some(hint))
    })
}

/// The change of this program's file: none where it changed since, or where another client needs it.
fn ours(done: &Done, others: &[Done], notes: &mut Vec<String>) -> Result<Option<Change>, Failure> {
    let kept = done.config()?;
    let now = files::read(&kept.path)?;
    let path = kept.path.display();
    if now != kept.after {
        notes.push(format!(
            "`{path}` changed since and stays; `mcp-host server remove` takes servers out"
        ));
        return Ok(None);
    }
    if others.iter().any(|other| other.builds_on(done)) {
        notes.push(format!("`{path}` stays: another client uses it"));
        return Ok(None);
    }
    Ok(Some(Change {
        path: kept.path,
        before: now,
        after: kept.before,
    }))
}
