//! What is installed in a directory: a version of a saved skill as `install` wrote it, or something that a user would
//! lose with it. Changes nothing.

use std::fs;
use std::path::Path;

use anyhow::anyhow;
use mcp_bridge::named_file;
use mcp_codegen::names::shown;
use mcp_skills::front_matter::{self, DIGEST, VERSION};
use mcp_skills::{Files, Name, SkillPath, Store, contents};

use crate::exit::Failure;

/// Bytes that are read of a directory: a saved skill has no more.
const MOST_BYTES: u64 = 96 << 20;

/// Entries that are looked at in a directory.
const MOST_ENTRIES: usize = 512;

/// Whether a skill is installed there, and every file is as `install` wrote it. Anything else is an error: what a user
/// wrote is in no store.
pub(super) fn is_installed(store: &Store, name: &Name, place: &Path) -> Result<bool, Failure> {
    let Ok(found) = fs::symlink_metadata(place) else {
        return Ok(false);
    };
    let files = match found.is_dir() {
        true => read(place)?,
        false => return Err(foreign(place)),
    };
    let text = files.get(&SkillPath::skill_md());
    let text = text.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let page = text.and_then(|text| front_matter::read(text).ok());
    let Some(page) = page.filter(|page| page.front.name == *name) else {
        return Err(foreign(place));
    };
    let Some(digest) = page.front.metadata.get(DIGEST) else {
        return Err(foreign(place));
    };
    let version = page.front.metadata.get(VERSION);
    let version = version.and_then(|version| version.parse().ok());
    let saved = version.and_then(|version| store.load(name, Some(version)).ok());
    let saved = saved.filter(|saved| contents(&saved.files).to_hex().as_str() == digest);
    let changed = match &saved {
        Some(saved) => difference(&files, &saved.files),
        // The store has lost that version: its own digest says whether the files are those.
        None => (contents(&files).to_hex().as_str() != digest).then(|| "a file".to_owned()),
    };
    match changed {
        None => Ok(true),
        Some(what) => {
            let error = anyhow!(
                "`{}` is not as mcp-host installed it: {what} differs",
                shown(&place.display().to_string())
            );
            let hint = "move the directory away, or save what it has now with `mcp-host skill add DIRECTORY`";
            Err(Failure::usage(error).hint(Some(hint)))
        }
    }
}

/// The first file that one of them has alone, or with other bytes. Recorded runs are not installed.
fn difference(here: &Files, saved: &Files) -> Option<String> {
    let is_changed =
        |path: &SkillPath| !SkillPath::is_example(path) && here.get(path) != saved.get(path);
    let added = here.keys().find(|path| !saved.contains_key(path));
    let changed = || saved.keys().find(|path| is_changed(path));
    let path = added.or_else(changed)?;
    Some(format!("`{path}`"))
}

/// All files below. What cannot be one of a skill is what the user has put there.
fn read(place: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    let (mut left, mut seen) = (MOST_BYTES, 0);
    let mut waiting = vec![(place.to_owned(), String::new())];
    while let Some((at, above)) = waiting.pop() {
        let entries = fs::read_dir(&at).map_err(|_| unread(&at))?;
        for entry in entries {
            let entry = entry.map_err(|_| unread(&at))?;
            seen += 1;
            let path = entry.path();
            let below = format!("{above}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(|_| unread(&path))?;
            if seen > MOST_ENTRIES {
                return Err(unread(place));
            }
            if kind.is_dir() {
                waiting.push((path, format!("{below}/")));
                continue;
            }
            let skill_path: SkillPath = below.parse().map_err(|_| unread(&path))?;
            let bytes = kind
                .is_file()
                .then(|| named_file::read(&path, left).ok())
                .flatten();
            let bytes = bytes.ok_or_else(|| unread(&path))?;
            left = left.saturating_sub(bytes.len() as u64);
            files.insert(skill_path, bytes);
        }
    }
    Ok(files)
}

fn foreign(place: &Path) -> Failure {
    let error = anyhow!(
        "`{}` is there, and mcp-host did not install it",
        shown(&place.display().to_string())
    );
    Failure::usage(error).hint(Some("move it away first"))
}

fn unread(path: &Path) -> Failure {
    let error = anyhow!(
        "`{}` is not of an installed skill: mcp-host did not install it",
        shown(&path.display().to_string())
    );
    Failure::usage(error).hint(Some("move it away first"))
}
