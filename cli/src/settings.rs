//! Finds the settings file, and the name of a skill in it.

use std::path::{Path, PathBuf};

use clap::Args;
use etcetera::BaseStrategy as _;
use mcp_host::{Settings, SettingsError};

use super::exit::Failure;

/// The name of the file in all places.
const FILE: &str = "mcp-host.toml";

// `--settings`
#[derive(Args)]
pub(crate) struct SettingsArgs {
    /// The settings file: limits and policy. Otherwise ./mcp-host.toml, then mcp-host/mcp-host.toml in the user's
    /// configuration directory.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

impl SettingsArgs {
    /// Reads the first settings file that exists. Fails only if a named file is missing.
    pub(crate) fn find(&self) -> Result<Option<Settings>, Failure> {
        let found = match &self.settings {
            Some(file) => Settings::read(file).map(Some),
            None => candidates()
                .map(|file| match Settings::read(&file) {
                    Err(SettingsError::NotFound { .. }) => Ok(None),
                    read => read.map(Some),
                })
                .find_map(Result::transpose)
                .transpose(),
        };
        found.map_err(|error| Failure::usage(error.into()))
    }

    /// `size` of `[cache]`, in bytes.
    pub(crate) fn cache_size(&self) -> Result<Option<u64>, Failure> {
        Ok(self.find()?.and_then(|settings| settings.cache_size))
    }
}

/// The file to write a rule into, where there is none yet.
pub(crate) fn place() -> PathBuf {
    let mut places = candidates();
    let first = places.next().unwrap_or_default();
    places.last().unwrap_or(first)
}

fn candidates() -> impl Iterator<Item = PathBuf> {
    let user = etcetera::choose_base_strategy()
        .ok()
        .map(|base| base.config_dir().join("mcp-host").join(FILE));
    std::iter::once(PathBuf::from(FILE)).chain(user)
}

/// The name of a skill in `[skills.NAME]`: its file name without the extension, or the name of its directory.
pub(crate) fn skill_name(skill: &Path) -> Option<String> {
    // `.` and `..` have a name only after resolution; an argument that is not a path is a name already.
    let path = skill.canonicalize().unwrap_or_else(|_| skill.to_owned());
    let name = if path.is_dir() {
        path.file_name()
    } else {
        path.file_stem()
    };
    name.map(|name| name.to_string_lossy().into_owned())
}
