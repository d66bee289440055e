//! The policy and the limits of runs, read again for each run. Settings that cannot be read leave the last good ones in
//! force, and every answer says so.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use mcp_host::{DayCounts, Entry, Grants, Limits, Place, Policy, PolicyTable, ToolPattern};

/// What the settings and the options say now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The policy of the settings files, if one has any.
    pub policy: Option<Policy>,
    /// The policy of each scope of `[serve.authorization]`.
    pub scopes: Vec<(String, Option<Policy>)>,
    /// The settings file of the user, which a refusal names.
    pub settings: PathBuf,
    /// The limits of each run.
    pub limits: Limits,
}

/// Reads them: those of the saved skill of this name, or of any script. An error says what is wrong with the file.
pub type ReadRules = Arc<dyn Fn(Option<&str>) -> Result<Rules, String> + Send + Sync>;

/// The rules of the next run.
#[derive(Clone)]
pub(crate) struct InForce {
    pub(crate) grants: Arc<Grants>,
    pub(crate) limits: Limits,
    /// What the user and the agent should know of them.
    pub(crate) warning: Option<String>,
}

pub(crate) struct CurrentRules {
    read: ReadRules,
    day_counts: Option<Arc<dyn DayCounts>>,
    /// The memory of a slot, in bytes: no run gets more.
    memory: usize,
    last: Mutex<Last>,
}

struct Last {
    rules: Rules,
    grants: Arc<Grants>,
    of_scopes: Vec<(String, Arc<Grants>)>,
    /// Those of a scope that is not in the settings any more.
    none: Arc<Grants>,
    fault: Option<String>,
}

impl CurrentRules {
    /// Reads the rules for the first time. `memory` is that of a slot, in bytes.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings.
    pub(crate) fn open(
        read: ReadRules,
        day_counts: Option<Arc<dyn DayCounts>>,
        memory: usize,
    ) -> Result<Self, String> {
        let rules = read(None)?;
        Ok(Self {
            read,
            last: Mutex::new(Last::of(rules, day_counts.as_ref())),
            day_counts,
            memory,
        })
    }

    /// The same rules, with counts of their own.
    pub(crate) fn for_user(&self, day_counts: Option<Arc<dyn DayCounts>>) -> Self {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            read: Arc::clone(&self.read),
            last: Mutex::new(Last::of(last.rules.clone(), day_counts.as_ref())),
            day_counts,
            memory: self.memory,
        }
    }

    /// The rules as they are now, for a caller with this scope. Reads a file.
    pub(crate) fn now(&self, scope: Option<&str>) -> InForce {
        let read = (self.read)(None);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(rules) => {
                if rules != last.rules {
                    tracing::info!("the settings changed, and count from the next run");
                    *last = Last::of(rules, self.day_counts.as_ref());
                }
                last.fault = None;
            }
            Err(fault) => {
                if last.fault.as_ref() != Some(&fault) {
                    tracing::warn!("the settings are not read again: {fault}");
                }
                last.fault = Some(fault);
            }
        }
        let warning = last.fault.as_ref().map(|fault| {
            format!("the settings are not read again, and the last good ones are in force: {fault}")
        });
        let grants = Arc::clone(last.of_scope(scope));
        self.capped(grants, last.rules.limits.clone(), warning)
    }

    /// The rules of a saved skill as they are now, for a caller with this scope: `[skills.NAME]` narrows those of any
    /// script.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings: no earlier ones of the skill are kept.
    pub(crate) fn of_skill(&self, name: &str, scope: Option<&str>) -> Result<InForce, String> {
        let rules = (self.read)(Some(name))?;
        let limits = rules.limits.clone();
        let read = Last::of(rules, self.day_counts.as_ref());
        let grants = Arc::clone(read.of_scope(scope));
        Ok(self.capped(grants, limits, None))
    }

    /// No run gets more memory than a slot has.
    fn capped(
        &self,
        grants: Arc<Grants>,
        mut limits: Limits,
        mut warning: Option<String>,
    ) -> InForce {
        if limits.memory > self.memory {
            let (asked, most) = (limits.memory >> 20, self.memory >> 20);
            warning.get_or_insert_with(|| {
                format!(
                    "`memory` of {asked} MiB is more than the {most} MiB of a slot: \
                     start `mcp-host serve` again to have it"
                )
            });
            limits.memory = self.memory;
        }
        InForce {
            grants,
            limits,
            warning,
        }
    }
}

impl Last {
    fn of(rules: Rules, day_counts: Option<&Arc<dyn DayCounts>>) -> Self {
        let grants = |policy: Option<Policy>| {
            let policy = Policy::for_agents(policy, rules.settings.clone());
            Arc::new(Grants {
                policy: Some(Arc::new(policy)),
                day_counts: day_counts.cloned(),
                ..Grants::default()
            })
        };
        let scopes = rules.scopes.iter();
        let of_scope =
            |(scope, policy): &(String, Option<Policy>)| (scope.clone(), grants(policy.clone()));
        Self {
            of_scopes: scopes.map(of_scope).collect(),
            grants: grants(rules.policy.clone()),
            none: grants(nothing(&rules)),
            rules,
            fault: None,
        }
    }

    fn of_scope(&self, scope: Option<&str>) -> &Arc<Grants> {
        let Some(scope) = scope else {
            return &self.grants;
        };
        let mut scopes = self.of_scopes.iter();
        let found = scopes.find(|(name, _)| name == scope);
        found.map_or(&self.none, |(_, grants)| grants)
    }
}

/// A policy that denies every tool.
fn nothing(rules: &Rules) -> Option<Policy> {
    let mut table = PolicyTable::empty(Place::Skill, rules.settings.clone());
    table.name = "serve.authorization".to_owned();
    let all = "*/*".parse::<ToolPattern>();
    table
        .deny
        .extend(all.ok().map(|all| Arc::new(Entry::from(all))));
    // Also where that were no pattern.
    table.allow = Some(Vec::new());
    Policy::with(rules.policy.clone(), table)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// Rules whose next reading the test chooses.
    fn rules(memory: usize) -> (Arc<Mutex<Result<Rules, String>>>, CurrentRules) {
        let first = Rules {
            policy: None,
            scopes: Vec::new(),
            settings: PathBuf::from("mcp-host.toml"),
            limits: Limits::default(),
        };
        let next = Arc::new(Mutex::new(Ok(first)));
        let read = Arc::clone(&next);
        let read: ReadRules = Arc::new(move |_| read.lock().unwrap().clone());
        (next, CurrentRules::open(read, None, memory).unwrap())
    }

    #[test]
    fn a_change_counts_at_once_and_a_broken_one_keeps_the_last() {
        let (next, current) = rules(Limits::default().memory);
        let before = current.now(None);
        assert!(Arc::ptr_eq(&before.grants, &current.now(None).grants));
        next.lock().unwrap().as_mut().unwrap().limits.calls = 7;
        assert_eq!(current.now(None).limits.calls, 7);
        *next.lock().unwrap() = Err("no TOML".to_owned());
        let kept = current.now(None);
        assert_eq!(kept.limits.calls, 7);
        assert!(kept.warning.unwrap().ends_with(": no TOML"));
    }

    #[test]
    fn no_run_gets_more_memory_than_a_slot_has() {
        let (next, current) = rules(64 << 20);
        next.lock().unwrap().as_mut().unwrap().limits.memory = 512 << 20;
        let now = current.now(None);
        assert_eq!(now.limits.memory, 64 << 20);
        let warning = now.warning.unwrap();
        assert!(
            warning.contains("512 MiB is more than the 64 MiB of a slot"),
            "{warning}"
        );
    }
}
