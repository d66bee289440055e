//! The lock of a composed run: its linked skills, the grants of each, and the BLAKE3 of each component. JSON, with the
//! same bytes for the same skills. Only describes; `with` rejects a skill whose digest changed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};
use mcp_bridge::named_file;
use mcp_host::{DirGrant, Skill};
use serde::{Deserialize, Serialize};

use super::part::WithSkill;
use crate::saved::{self, Saved};

/// The format version that this program writes, and the only one that it reads.
const VERSION: u32 = 1;
/// The largest lock that is read, in bytes: far more than a thousand skills need.
const MAX_BYTES: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    version: u32,
    parts: Vec<LockedPart>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedPart {
    /// Relative to the lock's directory if it is not absolute, like the directories of `dir`. Of a saved skill,
    /// `NAME@VERSION`.
    skill: PathBuf,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    saved: bool,
    blake3: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allow: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dir: Vec<String>,
}

/// The linked skills of a lock, each with its required digest.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<WithSkill>> {
    parse(file).with_context(|| format!("failed to read the lock `{}`", file.display()))
}

fn parse(file: &Path) -> anyhow::Result<Vec<WithSkill>> {
    let text = named_file::read_text(file, MAX_BYTES)?;
    let lock: Lock = serde_json::from_str(&text)?;
    ensure!(
        lock.version == VERSION,
        "it is of version {}, and this program reads version {VERSION}",
        lock.version
    );
    let base = file.parent().unwrap_or(Path::new(""));
    lock.parts
        .into_iter()
        .map(|locked| {
            let grants = |dir: &String| -> anyhow::Result<DirGrant> {
                let grant: DirGrant = dir.parse()?;
                Ok(DirGrant {
                    host: base.join(grant.host),
                    ..grant
                })
            };
            Ok(WithSkill {
                skill: match locked.saved {
                    true => locked.skill.clone(),
                    false => path(&base.join(&locked.skill)),
                },
                allow: locked
                    .allow
                    .iter()
                    .map(|pattern| pattern.parse())
                    .collect::<Result<_, _>>()?,
                dir: locked.dir.iter().map(grants).collect::<Result<_, _>>()?,
                locked: Some((file.to_owned(), locked.blake3)),
            })
        })
        .collect()
}

/// Writes the linked skills of a run that links.
pub(super) fn write<'p>(
    file: &Path,
    parts: impl Iterator<Item = (&'p WithSkill, &'p Skill)>,
) -> anyhow::Result<()> {
    let parts = parts
        .map(|(part, skill)| {
            let dir = part.dir.iter().map(|grant| {
                let host = text(&from_lock(file, &grant.host)?)?;
                let mode = if grant.writable { ":rw" } else { "" };
                Ok(format!("{host}::{}{mode}", grant.guest))
            });
            let saved = saved::named(&part.skill).map_err(|failure| failure.error)?;
            let name = saved.as_ref().map(Saved::name);
            Ok(LockedPart {
                saved: name.is_some(),
                skill: match name {
                    Some(name) => name.into(),
                    None => text(&from_lock(file, &part.skill)?)?.into(),
                },
                blake3: skill.digest().to_string(),
                allow: part.allow.iter().map(ToString::to_string).collect(),
                dir: dir.collect::<anyhow::Result<_>>()?,
            })
        })
        .collect::<anyhow::Result<_>>()?;
    let lock = Lock {
        version: VERSION,
        parts,
    };
    let json = serde_json::to_string_pretty(&lock)?;
    named_file::write(file, json + "\n")
        .with_context(|| format!("failed to write `{}`", file.display()))
}

/// A path that is not taken for the name of a saved skill.
fn path(path: &Path) -> PathBuf {
    match saved::is_name(path) {
        true => Path::new(".").join(path),
        false => path.to_owned(),
    }
}

/// A path as the lock writes it: relative to its directory where it lies in there, so that both can be moved.
fn from_lock(file: &Path, path: &Path) -> anyhow::Result<PathBuf> {
    let real = |path: &Path| {
        path.canonicalize()
            .with_context(|| format!("failed to find `{}`", path.display()))
    };
    let dir = file
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let (path, dir) = (real(path)?, real(dir)?);
    Ok(match path.strip_prefix(&dir) {
        Ok(here) if here.as_os_str().is_empty() => Path::new(".").to_owned(),
        Ok(below) => below.to_owned(),
        Err(_) => path,
    })
}

fn text(path: &Path) -> anyhow::Result<String> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("the path `{}` is not UTF-8", path.display()))
}
