//! What a skill is linked against, and the result of linking.

use std::sync::Arc;

use mcp_codec::Spread;
use wasmtime::component::InstancePre;

use crate::catalog::Catalog;
use crate::component::skill::Skill;
use crate::rules::policy::Grants;
use crate::run::Run;
use crate::run::capabilities::Capabilities;
use crate::storage::state::StateStore;

/// A skill that can be executed: every import is satisfied.
pub struct Linked {
    pub(crate) skill: Arc<Skill>,
    pub(crate) instance: InstancePre<Run>,
    pub(crate) capabilities: Arc<Capabilities>,
    /// Over all values that the skill and its dependencies pass.
    pub(crate) spread: Spread,
    /// The skills that provide its imports, at the indexes that the linker uses.
    pub(crate) dependencies: Vec<(String, Linked)>,
}

/// What a skill is linked against.
#[derive(Default)]
pub struct Environment {
    /// The servers of the run.
    pub catalog: Arc<Catalog>,
    /// The user's grants beyond the typed imports.
    pub grants: Arc<Grants>,
    /// The state store, and the name of the skill in it. Without it, every `state` call fails with `io`.
    pub state: Option<(Arc<StateStore>, String)>,
}
