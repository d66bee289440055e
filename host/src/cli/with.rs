//! `--with SKILL[,GRANT]...`: a skill that serves imports of another, and what that one is granted.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use mcp_host::{
    Catalog, DirGrant, Engine, Environment, Grants, LinkError, Part, Skill, ToolPattern,
};

use super::exit::Failure;
use super::plan::RunPlan;
use super::progress::Progress;
use super::{dirs, source};

/// What was typed.
#[derive(Clone)]
pub(crate) struct WithPart {
    skill: PathBuf,
    allow: Vec<ToolPattern>,
    dir: Vec<DirGrant>,
}

/// A part that is loaded, and whose servers are not started yet.
pub(crate) struct LoadedPart {
    path: PathBuf,
    pub(crate) skill: Arc<Skill>,
    pub(crate) grants: Grants,
}

impl FromStr for WithPart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut fields = text.split(',');
        let skill = fields.next().unwrap_or_default();
        if skill.is_empty() {
            return Err("no skill; write for example summarize.wasm,allow=github/*".to_owned());
        }
        let mut part = Self {
            skill: skill.into(),
            allow: Vec::new(),
            dir: Vec::new(),
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
}

impl WithPart {
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
}

impl LoadedPart {
    /// What of it policy refuses before its servers are started.
    pub(crate) fn check_policy(&self) -> Result<(), LinkError> {
        mcp_host::check_policy(&self.skill, &self.grants).map_err(|source| LinkError::Part {
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
        let part: WithPart = "b.wasm,allow=github/*,dir=notes::/notes:rw"
            .parse()
            .unwrap_or_else(|why: String| panic!("{why}"));
        assert_eq!(part.skill, PathBuf::from("b.wasm"));
        assert_eq!((part.allow.len(), part.dir.len()), (1, 1));
        let why = "b.wasm,net=*".parse::<WithPart>().err();
        assert!(why.is_some_and(|why| why.contains("`net=*` is no grant")));
    }
}
