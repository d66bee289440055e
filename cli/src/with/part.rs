//! A linked skill: the skill itself, and its grants.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use mcp_host::{
    Catalog, Dependency, DirGrant, Engine, Environment, Grants, LinkError, Policy, Skill,
    ToolPattern,
};

use crate::dirs;
use crate::exit::{Exit, Failure};
use crate::kept;
use crate::progress::Progress;
use crate::saved::Saved;
use crate::source::Found;

/// A linked skill, and its grants.
#[derive(Clone)]
pub(crate) struct WithSkill {
    pub(super) skill: PathBuf,
    pub(super) allow: Vec<ToolPattern>,
    pub(super) dir: Vec<DirGrant>,
    /// The lock that names it, and its digest in that lock.
    pub(super) locked: Option<(PathBuf, String)>,
}

/// A linked skill that is loaded, and whose servers have not started yet.
pub(crate) struct LinkedSkill {
    path: PathBuf,
    /// The saved skill that it is.
    saved: Option<Saved>,
    pub(crate) skill: Arc<Skill>,
    pub(crate) grants: Grants,
}

impl WithSkill {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
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
                        "`{field}` is not a grant; write allow=SERVER/TOOL or dir=HOST::GUEST[:rw]"
                    ));
                }
            }
        }
        Ok(part)
    }

    /// Builds and loads the skill. Policy is the same for all skills of a run; its grants are its own.
    pub(crate) async fn load(
        &self,
        engine: &Engine,
        (memory, cache_size, policy): (usize, Option<u64>, Option<&Arc<Policy>>),
        progress: &Progress,
    ) -> Result<LinkedSkill, Failure> {
        let mut path = self.skill.clone();
        let found = Found::component(&mut path, progress).await?;
        let cache = dirs::cache(cache_size);
        Ok(LinkedSkill {
            skill: found.load(engine, memory, progress, cache).await?,
            path,
            saved: found.saved,
            grants: Grants {
                tools: self.allow.clone(),
                dirs: self.dir.clone(),
                policy: policy.cloned(),
                day_counts: dirs::day_counts(),
            },
        })
    }

    /// Rejects a component whose digest differs from the lock.
    pub(crate) fn check(&self, skill: &Skill) -> Result<(), Failure> {
        let (Some((file, locked)), found) = (&self.locked, skill.digest().to_string()) else {
            return Ok(());
        };
        if *locked == found {
            return Ok(());
        }
        let (part, file) = (self.skill.display(), file.display());
        let error = anyhow!(
            "linked skill `{part}` changed: its BLAKE3 was {locked} in `{file}`, now {found}"
        );
        Err(Failure::new(Exit::Link, error).hint(Some(format!(
            "if that is meant, add `--lock {file}`, which writes the lock again"
        ))))
    }
}

impl LinkedSkill {
    /// What policy denies before its servers are started.
    pub(crate) fn check_policy(&self) -> Result<(), LinkError> {
        mcp_host::check_skill_policy(&self.skill, &self.grants).map_err(|source| {
            LinkError::Dependency {
                dependency: self.name(),
                source: Box::new(source),
            }
        })
    }

    /// Refuses a saved skill whose tools are not defined as they were when it was saved.
    pub(crate) fn drifted(&self, catalog: &Catalog) -> Result<(), Failure> {
        let Some(saved) = &self.saved else {
            return Ok(());
        };
        saved.has_servers(catalog)?;
        saved.drifted(catalog)
    }

    fn name(&self) -> String {
        let path = || self.path.display().to_string();
        self.saved.as_ref().map_or_else(path, Saved::name)
    }

    /// With the servers of the run, and the state of its path.
    pub(crate) fn on(self, catalog: &Arc<Catalog>) -> Dependency {
        Dependency {
            name: self.name(),
            environment: Environment {
                catalog: Arc::clone(catalog),
                grants: Arc::new(self.grants),
                state: kept::state(&self.path),
                ..Environment::default()
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
        let part = WithSkill::parse("b.wasm,allow=github/*,dir=notes::/notes:rw")
            .unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(part.skill, PathBuf::from("b.wasm"));
        assert_eq!((part.allow.len(), part.dir.len()), (1, 1));
        let why = WithSkill::parse("b.wasm,net=*").err();
        assert!(why.is_some_and(|why| why.contains("`net=*` is not a grant")));
    }
}
