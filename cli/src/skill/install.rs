//! `mcp-host skill install` and `uninstall`: a copy of the current version where agents look that read files, in
//! `.agents/skills`, with a link in `.claude/skills`. Overwrites only what it has installed itself.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use mcp_bridge::named_file;
use mcp_skills::{Current, Loaded, Name, SkillPath, Store};
use serde_json::json;

use super::installed::is_installed;
use crate::exit::{Exit, Failure};
use crate::{dirs, out, saved};

/// Where agents look, and where Claude Code does.
const AGENTS: &str = ".agents/skills";
const CLAUDE: &str = ".claude/skills";

/// The most installed skills that are looked at.
const MOST_INSTALLED: usize = 10_000;

/// The longest `SKILL.md` that is looked at, in bytes.
const LONGEST: u64 = 1 << 20;

pub(super) async fn install(name: &Name, user: bool, json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let loaded = store.load(name, None).map_err(saved::failed)?;
    let base = base(user)?;
    let place = base.join(AGENTS).join(name.as_str());
    let link = base.join(CLAUDE).join(name.as_str());
    for above in [AGENTS, CLAUDE] {
        make(&base, above, user)?;
    }
    is_installed(&store, name, &place)?;
    linkable(&link, name)?;
    put(&loaded, &place)
        .with_context(|| format!("failed to install to `{}`", place.display()))
        .map_err(Failure::host)?;
    if fs::symlink_metadata(&link).is_err() {
        symlink(target(name), &link)
            .with_context(|| format!("failed to make the link `{}`", link.display()))
            .map_err(Failure::host)?;
    }
    let version = loaded.record.version;
    match json {
        true => {
            let installed =
                json!({ "name": name, "version": version, "directory": place, "link": link });
            out::json(&installed).await?;
        }
        false => {
            let text = format!("installed {name}@{version} in {}\n", place.display());
            out::page(&text).await?;
        }
    }
    Ok(Exit::Finished)
}

pub(super) async fn uninstall(name: &Name, user: bool, json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let base = base(user)?;
    let place = base.join(AGENTS).join(name.as_str());
    let link = base.join(CLAUDE).join(name.as_str());
    if !is_installed(&store, name, &place)? {
        let error = anyhow!("skill `{name}` is not installed in `{}`", place.display());
        return Err(Failure::usage(error));
    }
    let removed = match fs::read_link(&link) {
        Ok(to) if to == target(name) => fs::remove_file(&link),
        // What is not the link of an installation stays.
        _ => Ok(()),
    };
    removed
        .and_then(|()| fs::remove_dir_all(&place))
        .with_context(|| format!("failed to remove `{}`", place.display()))
        .map_err(Failure::host)?;
    match json {
        true => out::json(&json!({ "name": name, "removed": place })).await?,
        false => out::page(&format!("removed {}\n", place.display())).await?,
    }
    Ok(Exit::Finished)
}

/// What is installed here or for the user, and is not the current version of its skill any more: the version, and the
/// place.
pub(super) fn out_of_date(store: &Store) -> Vec<(Current, PathBuf)> {
    let document = |dir: &Path| named_file::read(&dir.join("SKILL.md"), LONGEST).ok();
    let bases = [base(false), base(true)].into_iter().flatten();
    let installed = bases.filter_map(|base| fs::read_dir(base.join(AGENTS)).ok());
    let mut places: Vec<_> = installed
        .flat_map(|entries| entries.take(MOST_INSTALLED).flatten())
        .map(|entry| entry.path())
        .collect();
    places.sort();
    places.dedup();
    let outdated = places.into_iter().filter_map(|place| {
        let name: Name = place.file_name()?.to_str()?.parse().ok()?;
        let current = store.current(&name).ok()?;
        let saved = document(&store.directory(&name, current.version));
        let is_old =
            document(&place) != saved && is_installed(store, &name, &place).is_ok_and(|is| is);
        is_old.then_some((current, place))
    });
    outdated.collect()
}

/// The directory of the project, or of the user.
fn base(user: bool) -> Result<PathBuf, Failure> {
    match user {
        true => dirs::home(),
        false => std::env::current_dir().map_err(anyhow::Error::from),
    }
    .context("failed to find the directory to install to")
    .map_err(Failure::host)
}

/// Makes the directories. Those of a project are no links: a repository could lead elsewhere.
fn make(base: &Path, below: &str, user: bool) -> Result<(), Failure> {
    let mut path = base.to_owned();
    for part in below.split('/') {
        path.push(part);
        let found = fs::symlink_metadata(&path);
        if let Ok(found) = &found
            && !found.is_dir()
            && !(user && path.is_dir())
        {
            let error = anyhow!("`{}` is a link or no directory", path.display());
            return Err(Failure::usage(error));
        }
        if found.is_err() {
            fs::create_dir(&path)
                .with_context(|| format!("failed to make `{}`", path.display()))
                .map_err(Failure::host)?;
        }
    }
    Ok(())
}

/// The link leads to the installation, or is still missing.
fn linkable(link: &Path, name: &Name) -> Result<(), Failure> {
    match fs::read_link(link) {
        Ok(to) if to == target(name) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => {
            let error = anyhow!("`{}` is there, and is no link to the skill", link.display());
            Err(Failure::usage(error).hint(Some("move it away first")))
        }
    }
}

fn target(name: &Name) -> PathBuf {
    Path::new("../..").join(AGENTS).join(name.as_str())
}

/// Writes the files beside the place, and moves them there. Recorded runs are left out: they hold arguments and
/// answers, and a project is shared.
fn put(loaded: &Loaded, place: &Path) -> io::Result<()> {
    let above = place.parent().unwrap_or(Path::new("."));
    let new = tempfile::Builder::new().prefix(".new-").tempdir_in(above)?;
    let dir = new.path().join("skill");
    fs::create_dir(&dir)?;
    let files = loaded.files.iter();
    for (path, bytes) in files.filter(|(path, _)| !SkillPath::is_example(path)) {
        let file = dir.join(path.as_str());
        fs::create_dir_all(file.parent().unwrap_or(&dir))?;
        fs::write(file, bytes)?;
    }
    if place.exists() {
        // Into the directory that is removed at the end.
        fs::rename(place, new.path().join("old"))?;
    }
    fs::rename(&dir, place)
}
