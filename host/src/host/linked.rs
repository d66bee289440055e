//! Linked skills of one host, each linked once. Bounded, with LRU eviction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::component::digest::Digest;
use crate::component::skill::Skill;
use crate::link::{Environment, LinkError, Linked, link};

/// How many linked skills are kept.
const KEPT: usize = 1_024;

#[derive(Default)]
pub(super) struct LinkedSkills(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    linked: HashMap<Key, (u64, Arc<Linked>)>,
    /// Counts uses: the smallest number is the oldest.
    uses: u64,
}

/// A component and everything that it is linked against. The addresses stay valid, because the linked skill holds what
/// they point to.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    digest: Digest,
    catalog: usize,
    grants: usize,
    state: Option<(usize, String)>,
    /// What a script is called: its errors name it.
    script: Option<Arc<str>>,
}

impl LinkedSkills {
    pub(super) fn link(
        &self,
        skill: &Arc<Skill>,
        environment: &Environment,
    ) -> Result<Arc<Linked>, LinkError> {
        // Results of earlier runs are of one session, and are a part of what is linked.
        if !environment.earlier.is_empty() {
            return Ok(Arc::new(link(skill, environment)?));
        }
        let key = Key {
            digest: skill.digest,
            catalog: Arc::as_ptr(&environment.catalog).addr(),
            grants: Arc::as_ptr(&environment.grants).addr(),
            state: environment
                .state
                .as_ref()
                .map(|(store, name)| (Arc::as_ptr(store).addr(), name.clone())),
            script: skill.script().map(|script| Arc::clone(&script.name)),
        };
        {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.uses += 1;
            let uses = kept.uses;
            if let Some((used, linked)) = kept.linked.get_mut(&key) {
                *used = uses;
                return Ok(Arc::clone(linked));
            }
        }
        // Not under the lock, because linking takes long. Two threads that link the same skill at once both do the
        // work.
        let linked = Arc::new(link(skill, environment)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.linked.len() >= KEPT {
            let oldest = kept.linked.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                kept.linked.remove(&oldest);
            }
        }
        let uses = kept.uses;
        kept.linked.insert(key, (uses, Arc::clone(&linked)));
        Ok(linked)
    }
}
