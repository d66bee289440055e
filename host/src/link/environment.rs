//! What a skill is linked against, and what comes of it.

use std::sync::Arc;

use mcp_codec::Spread;
use wasmtime::component::InstancePre;

use crate::catalog::Catalog;
use crate::component::skill::Skill;
use crate::contract::SkillPre;
use crate::rules::policy::Grants;
use crate::run::Run;
use crate::run::capabilities::Capabilities;
use crate::storage::state::StateStore;

/// A skill that can be executed: every import is satisfied.
pub struct Linked {
    pub(crate) skill: Arc<Skill>,
    pub(crate) instance: InstancePre<Run>,
    /// With `describe` and `run` compared, where they have the types of `world skill`: comparing them in each run would
    /// take as long as a call of a tool.
    pub(crate) world_skill: Option<SkillPre<Run>>,
    pub(crate) capabilities: Arc<Capabilities>,
    /// Of all values that the skill and its dependencies hand over.
    pub(crate) spread: Spread,
    /// The skills that serve its imports, by the places that the linker knows them by.
    pub(crate) dependencies: Vec<(String, Linked)>,
}

/// What a skill is linked against.
#[derive(Default)]
pub struct Environment {
    /// The servers of the run.
    pub catalog: Arc<Catalog>,
    /// What the user granted beyond the typed imports.
    pub grants: Arc<Grants>,
    /// Where `state` lives, and the name of the skill in it. Without it every `state` call gives `io`.
    pub state: Option<(Arc<StateStore>, String)>,
}
