//! Copies of the files that a setup changed, as they were before and after, so that it can be undone. Changes no other
//! file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use mcp_bridge::durable::write_private;
use mcp_bridge::named_file;
use mcp_bridge::private_dir::{Others, ensure};
use serde::{Deserialize, Serialize};

use super::files::Change;
use super::plan::Plan;
use crate::exit::Failure;

/// The largest description of a setup, in bytes.
const MOST: u64 = 1 << 20;

/// The largest copy, in bytes. What `setup` reads is no larger.
const MOST_OF_COPY: u64 = 128 << 20;

const RECORD: &str = "setup.json";

/// A setup that was done and can be undone.
pub(super) struct Done {
    dir: PathBuf,
    pub(super) record: Record,
}

/// What is known of it beside the copies.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    client: String,
    /// The client's file.
    pub(super) file: PathBuf,
    /// The file of this program.
    pub(super) config: PathBuf,
    pub(super) moved: Vec<String>,
    /// When, in milliseconds since 1970.
    at_ms: u64,
}

/// Keeps both files of a plan.
pub(super) fn keep(all: &Path, plan: &Plan) -> Result<Done, Failure> {
    let keep = || -> anyhow::Result<Done> {
        ensure(all, Others::Nothing)?;
        let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let record = Record {
            client: plan.client.name.to_owned(),
            file: plan.file.path.clone(),
            config: plan.config.path.clone(),
            moved: plan.moved.clone(),
            at_ms: u64::try_from(at)?,
        };
        let named = |number: u32| all.join(format!("{}-{number}", record.client));
        let free = (1..=u32::MAX).map(named).find(|dir| !dir.exists());
        let dir = free.context("the directory of copies is full")?;
        ensure(&dir, Others::Nothing)?;
        for (name, change) in [("client", &plan.file), ("config", &plan.config)] {
            for (when, text) in [("before", &change.before), ("after", &change.after)] {
                if let Some(text) = text {
                    write_private(&dir.join(format!("{name}.{when}")), text.as_bytes())?;
                }
            }
        }
        // The last one: a directory without it is no setup.
        write_private(&dir.join(RECORD), &serde_json::to_vec_pretty(&record)?)?;
        Ok(Done { dir, record })
    };
    keep()
        .with_context(|| format!("failed to keep copies in `{}`", all.display()))
        .map_err(Failure::host)
}

/// The setups that can be undone, the latest first.
pub(super) fn all(dir: &Path) -> Vec<Done> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<Done> = entries
        .filter_map(|entry| {
            let dir = entry.path();
            let text = named_file::read_text(&dir.join(RECORD), MOST).ok()?;
            let record = serde_json::from_str(&text).ok()?;
            Some(Done { dir, record })
        })
        .collect();
    found.sort_by_key(|done| std::cmp::Reverse(done.record.at_ms));
    found
}

impl Done {
    pub(super) fn is_of(&self, client: &str, file: Option<&Path>) -> bool {
        self.record.client == client && file.is_none_or(|file| self.record.file == file)
    }

    /// Whether it came later than this one, and serves the same configuration.
    pub(super) fn builds_on(&self, other: &Self) -> bool {
        self.record.at_ms > other.record.at_ms && self.record.config == other.record.config
    }

    /// The client's file, before and after.
    pub(super) fn client(&self) -> Result<Change, Failure> {
        self.change("client", &self.record.file)
    }

    /// The file of this program, before and after.
    pub(super) fn config(&self) -> Result<Change, Failure> {
        self.change("config", &self.record.config)
    }

    /// Where the client's file is as it was.
    pub(super) fn copy(&self) -> PathBuf {
        self.dir.join("client.before")
    }

    fn change(&self, name: &str, path: &Path) -> Result<Change, Failure> {
        let text = |when: &str| {
            let copy = self.dir.join(format!("{name}.{when}"));
            match named_file::read_text(&copy, MOST_OF_COPY) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => {
                    let context = format!("failed to read the copy `{}`", copy.display());
                    Err(Failure::host(anyhow::Error::new(error).context(context)))
                }
            }
        };
        Ok(Change {
            path: path.to_owned(),
            before: text("before")?,
            after: text("after")?,
        })
    }

    /// Removes the copies.
    pub(super) fn forget(&self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.dir)
            .with_context(|| format!("failed to remove the copies in `{}`", self.dir.display()))
            .map_err(Failure::host)
    }
}
