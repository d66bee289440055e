//! The users of an authorization server who have asked: what each of them has alone. Bounded in number, in memory and
//! on the disk. Checks no token.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use mcp_bridge::private_dir::{Others, ensure};
use mcp_bridge::with_causes;
use mcp_host::{DayCounts, DayFiles};

use crate::learned::Types;
use crate::principal::Principal;
use crate::rules::CurrentRules;
use crate::tasks::Tasks;

/// Users in memory. One more takes the place of the one who asked last the longest ago.
const MOST: usize = 256;

/// Users of whom something is on the disk.
const MOST_KEPT: usize = 1_024;

/// For how long what is on the disk is kept of a user who does not ask: the calls of a day count until its end.
const KEPT: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// What one user has alone.
pub(crate) struct User {
    /// `None`: there is one user, and no authorization server.
    pub(crate) principal: Option<Principal>,
    /// The session of requests without one.
    pub(crate) number: u64,
    pub(crate) rules: CurrentRules,
    pub(crate) types: Arc<Types>,
    pub(crate) tasks: Tasks,
}

/// All of them.
pub(crate) struct Users {
    dir: Option<PathBuf>,
    known: Mutex<HashMap<Principal, Known>>,
}

struct Known {
    user: Arc<User>,
    last: Instant,
}

/// One user too many.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many users ask at once: ask again later")]
pub(crate) struct TooManyUsers;

impl Users {
    /// Keeps what is theirs in directories of this one; `None`: in memory only.
    pub(crate) fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            known: Mutex::default(),
        }
    }

    /// The user with this principal. One who is new starts like `base`, with a number that no other one has.
    pub(crate) fn of(
        &self,
        principal: &Principal,
        base: &User,
        number: impl FnOnce() -> u64,
    ) -> Result<Arc<User>, TooManyUsers> {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get_mut(principal) {
            known.last = Instant::now();
            return Ok(Arc::clone(&known.user));
        }
        if all.len() >= MOST {
            let idle = all
                .iter()
                .filter(|(_, known)| Arc::strong_count(&known.user) == 1);
            let idle = idle.min_by_key(|(_, known)| known.last);
            let idle = idle
                .map(|(principal, _)| principal.clone())
                .ok_or(TooManyUsers)?;
            all.remove(&idle);
        }
        let dir = match &self.dir {
            Some(dir) => {
                let is_known = |name: &str| all.keys().any(|known| known.hex() == name);
                own_dir(dir, principal, is_known)?
            }
            None => None,
        };
        let counts = dir.as_ref().map(|dir| DayFiles::at(dir.join("calls")));
        let counts = counts.map(|counts| Arc::new(counts) as Arc<dyn DayCounts>);
        let number = number();
        let user = Arc::new(User {
            principal: Some(principal.clone()),
            number,
            rules: base.rules.for_user(counts),
            types: Arc::new(Types::of_user(
                dir.map(|dir| dir.join("learned")).as_deref(),
            )),
            tasks: base.tasks.for_user(number),
        });
        let known = Known {
            user: Arc::clone(&user),
            last: Instant::now(),
        };
        all.insert(principal.clone(), known);
        Ok(user)
    }
}

/// The directory of a user, which is made if it is missing. `None`: nothing is kept of the user.
fn own_dir(
    dir: &Path,
    principal: &Principal,
    is_known: impl Fn(&str) -> bool,
) -> Result<Option<PathBuf>, TooManyUsers> {
    let own = dir.join(principal.hex());
    let made = ensure(dir, Others::Nothing)
        .map_err(io::Error::other)
        .and_then(|()| {
            let is_full = !own.exists() && fs::read_dir(dir)?.count() >= MOST_KEPT;
            if is_full && !make_room(dir, is_known)? {
                return Ok(None);
            }
            ensure(&own, Others::Nothing).map_err(io::Error::other)?;
            // What says when the user last asked.
            File::open(&own)?.set_modified(SystemTime::now())?;
            Ok(Some(own))
        });
    match made {
        Ok(Some(own)) => Ok(Some(own)),
        Ok(None) => Err(TooManyUsers),
        Err(error) => {
            let error = with_causes(&error);
            tracing::warn!(
                "nothing is kept of a user, and rules with `per-day` allow none: {error}"
            );
            Ok(None)
        }
    }
}

/// Removes the directory of the user who asked last the longest ago. `false`: all of them asked lately.
fn make_room(dir: &Path, is_known: impl Fn(&str) -> bool) -> io::Result<bool> {
    let mut oldest = None;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let modified = entry.metadata()?.modified()?;
        let age = modified.elapsed().unwrap_or_default();
        if age > KEPT
            && !name.to_str().is_some_and(&is_known)
            && oldest.as_ref().is_none_or(|(first, _)| modified < *first)
        {
            oldest = Some((modified, entry.path()));
        }
    }
    match oldest {
        Some((_, path)) => fs::remove_dir_all(path).map(|()| true),
        None => Ok(false),
    }
}

#[cfg(test)]
#[path = "users/tests.rs"]
mod tests;
