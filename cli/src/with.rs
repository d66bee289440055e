//! `--with SKILL[,GRANT]...`: a skill that serves imports of another, and what that one is granted; `--with @LOCK`: those of a lock.

mod lock;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::anyhow;
use mcp_host::{
    Catalog, DirGrant, Engine, Environment, Grants, LinkError, Part, Skill, ToolPattern,
};

use super::exit::{Exit, Failure};
use super::plan::RunPlan;
use super::progress::Progress;
use super::{dirs, source};

/// The parts of a run, those of locks included.
pub(crate) fn parts(args: &[WithArg]) -> Result<Vec<WithPart>, Failure> {
    let mut parts = Vec::new();
    for arg in args {
        match arg {
            WithArg::Part(part) => parts.push(part.clone()),
            WithArg::Lock(file) => parts.extend(lock::read(file).map_err(Failure::usage)?),
        }
    }
    Ok(parts)
}

/// Writes the lock of a run that links: the next one can be of the same parts only.
pub(crate) fn write_lock<'p>(
    file: &Path,
    parts: impl Iterator<Item = (&'p WithPart, &'p Skill)>,
) -> Result<(), Failure> {
    lock::write(file, parts).map_err(Failure::usage)
}

/// What was typed.
#[derive(Clone)]
pub(crate) enum WithArg {
    Part(WithPart),
    Lock(PathBuf),
}

/// A skill that serves others, and what it is granted.
#[derive(Clone)]
pub(crate) struct WithPart {
    skill: PathBuf,
    allow: Vec<ToolPattern>,
    dir: Vec<DirGrant>,
    /// The lock that names it, and the digest that it has there.
    locked: Option<(PathBuf, String)>,
}

/// A part that is loaded, and whose servers are not started yet.
pub(crate) struct LoadedPart {
    path: PathBuf,
    pub(crate) skill: Arc<Skill>,
    pub(crate) grants: Grants,
}

impl FromStr for WithArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some("") => Err("no lock; write for example @writer.lock".to_owned()),
            Some(file) => Ok(Self::Lock(file.into())),
            None => WithPart::parse(text).map(Self::Part),
        }
    }
}

impl WithPart {
    fn parse(text: &str) -> Result<Self, String> {
        let mut fields = text.split(',');
        let skill = fields.next().unwrap_or_default();
        if skill.is_empty() {
            return Err("no skill; write for example summarize.wasm,allow=github/*".to_owned());
        }
        let mut part = Self {
            skill: skill.into(),
            allow: Vec::new(),
            dir: Vec::new(),
            locked: None,
        };
        for field in fields {
            match field.split_once('=') {
                Some(("allow", pattern)) => {
                    part.allow
                        .push(pattern.parse().map_err(|error| format!("{error}"))?);
                }
                Some(("dir", grant)) => {
                    part.dir
                        .push(grant.parse().map_err(|error| format!("{error}"))?);
                }
                _ => {
                    return Err(format!(
                        "`{field}` is no grant; write allow=SERVER/TOOL or dir=HOST::GUEST[:rw]"
                    ));
                }
            }
        }
        Ok(part)
    }

    /// Builds and loads the skill. Policy is the same for all skills of a run; grants are its own.
    pub(crate) async fn load(
        &self,
        engine: &Engine,
        plan: &RunPlan,
        progress: &Progress,
    ) -> Result<LoadedPart, Failure> {
        let path = source::component(&self.skill, progress).await?;
        let cache = dirs::cache(plan.cache_size);
        Ok(LoadedPart {
            skill: source::load(engine, &path, progress, cache).await?,
            path: self.skill.clone(),
            grants: Grants {
                tools: self.allow.clone(),
                dirs: self.dir.clone(),
                policy: plan.grants.policy.clone(),
            },
        })
    }

    /// Refuses a component that is not the one of the lock.
    pub(crate) fn check(&self, skill: &Skill) -> Result<(), Failure> {
        let (Some((file, locked)), found) = (&self.locked, skill.digest().to_string()) else {
            return Ok(());
        };
        if *locked == found {
            return Ok(());
        }
        let (part, file) = (self.skill.display(), file.display());
        let error =
            anyhow!("part `{part}` changed: its BLAKE3 was {locked} in `{file}`, now {found}");
        Err(Failure::new(Exit::Link, error).hint(Some(format!(
            "if that is meant, add `--lock {file}`, which writes the lock again"
        ))))
    }
}

impl LoadedPart {
    /// What of it policy refuses before its servers are started.
    pub(crate) fn check_policy(&self) -> Result<(), LinkError> {
        mcp_host::check_policy(self.skill.needs(), &self.grants).map_err(|source| LinkError::Part {
            part: self.path.display().to_string(),
            source: Box::new(source),
        })
    }

    /// With the servers of the run, and the state that belongs to its path.
    pub(crate) fn on(self, catalog: &Arc<Catalog>) -> Part {
        Part {
            name: self.path.display().to_string(),
            environment: Environment {
                catalog: Arc::clone(catalog),
                grants: Arc::new(self.grants),
                state: dirs::state(&self.path),
            },
            skill: self.skill,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_stand_behind_the_skill_that_they_are_for() {
        let part = WithPart::parse("b.wasm,allow=github/*,dir=notes::/notes:rw")
            .unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(part.skill, PathBuf::from("b.wasm"));
        assert_eq!((part.allow.len(), part.dir.len()), (1, 1));
        let why = WithPart::parse("b.wasm,net=*").err();
        assert!(why.is_some_and(|why| why.contains("`net=*` is no grant")));
    }
}
