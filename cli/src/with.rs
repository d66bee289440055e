//! `--with SKILL[,GRANT]...`: another skill that provides imports, and its grants; `--with @LOCK`: the skills of a
//! lock.

mod lock;
mod part;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use mcp_host::Skill;

use crate::exit::Failure;
pub(crate) use part::{LinkedSkill, WithSkill};

/// The linked skills of a run, including those of locks.
pub(crate) fn skills(args: &[WithArg]) -> Result<Vec<WithSkill>, Failure> {
    let mut parts = Vec::new();
    for arg in args {
        match arg {
            WithArg::Skill(part) => parts.push(part.clone()),
            WithArg::Lock(file) => parts.extend(lock::read(file).map_err(Failure::usage)?),
        }
    }
    Ok(parts)
}

/// Writes the lock of a run that links: the next run can require the same skills.
pub(crate) fn write_lock<'p>(
    file: &Path,
    parts: impl Iterator<Item = (&'p WithSkill, &'p Skill)>,
) -> Result<(), Failure> {
    lock::write(file, parts).map_err(Failure::usage)
}

/// The argument as typed.
#[derive(Clone)]
pub(crate) enum WithArg {
    Skill(WithSkill),
    Lock(PathBuf),
}

impl FromStr for WithArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some("") => Err("no lock; write for example @writer.lock".to_owned()),
            Some(file) => Ok(Self::Lock(file.into())),
            None => WithSkill::parse(text).map(Self::Skill),
        }
    }
}
