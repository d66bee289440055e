//! The sessions of 2025-11-25, each of the one who opened it, and bounded in number. A session too many ends an idle
//! one, of the user or the address with the most sessions. Ends no session that has an open request.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rmcp::transport::streamable_http_server::SessionManager as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use crate::principal::Principal;

/// Of all sessions, the part of one of several users.
const PART: usize = 4;

/// All sessions of an endpoint.
pub(super) struct Sessions {
    pub(super) manager: Arc<LocalSessionManager>,
    most: usize,
    /// The most of one user, where an authorization server tells users apart.
    most_of_one: usize,
    used: Mutex<Used>,
}

/// By the id of the session.
type Used = HashMap<Arc<str>, Use>;

/// Who opened a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Opener {
    /// A user of the authorization server.
    User(Principal),
    /// A client at this address.
    Address(IpAddr),
}

/// What is known of a session.
struct Use {
    by: Opener,
    last: Instant,
    /// Requests after the first.
    requests: usize,
    /// Those that are open now.
    open: usize,
}

/// An open request of a session, until this is dropped.
pub(super) struct Entered {
    sessions: Arc<Sessions>,
    id: Arc<str>,
}

impl Sessions {
    pub(super) fn new(most: usize) -> Self {
        Self {
            manager: Arc::default(),
            most,
            most_of_one: (most / PART).max(1),
            used: Mutex::default(),
        }
    }

    /// Counts a request of a session. `None`: there is no such session, or it is one of another user.
    pub(super) fn enter(self: &Arc<Self>, id: &str, by: &Opener) -> Option<Entered> {
        let mut used = self.used();
        let (id, session) = used.get_key_value(id)?;
        // The address of a client may change meanwhile.
        if matches!(by, Opener::User(_)) && session.by != *by {
            return None;
        }
        let id = Arc::clone(id);
        let session = used.get_mut(&id)?;
        session.requests += 1;
        session.open += 1;
        Some(Entered {
            sessions: Arc::clone(self),
            id,
        })
    }

    /// Whether there is room for one more, or an idle one that can make room.
    pub(super) async fn has_room(&self, by: &Opener) -> bool {
        let live: HashSet<_> = self.manager.sessions.read().await.keys().cloned().collect();
        let mut used = self.used();
        used.retain(|id, _| live.contains(id));
        let is_idle = |session: &&Use| session.open == 0;
        let has_own = match self.has_part(&used, by) {
            true => true,
            false => used
                .values()
                .filter(is_idle)
                .any(|session| session.by == *by),
        };
        has_own && (live.len() < self.most || used.values().any(|session| is_idle(&session)))
    }

    /// Whether a user may have one more.
    fn has_part(&self, used: &Used, by: &Opener) -> bool {
        let own = used.values().filter(|session| session.by == *by);
        matches!(by, Opener::Address(_)) || own.count() < self.most_of_one
    }

    /// A session was opened. Ends an idle one where they are too many now.
    pub(super) async fn opened(&self, id: &str, by: Opener) {
        let live: HashSet<_> = self.manager.sessions.read().await.keys().cloned().collect();
        let idle = {
            let mut used = self.used();
            used.retain(|id, _| live.contains(id));
            let idle = match self.has_part(&used, &by) {
                true => (live.len() > self.most)
                    .then(|| idlest(&used, None))
                    .flatten(),
                false => idlest(&used, Some(&by)),
            };
            let session = Use {
                by,
                last: Instant::now(),
                requests: 0,
                open: 0,
            };
            used.insert(id.into(), session);
            idle
        };
        if let Some(idle) = idle {
            tracing::info!("too many sessions are open: an idle one ends");
            // It may have ended meanwhile.
            let _ = self.manager.close_session(&idle).await;
        }
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session that ends first: of this user, else of the user or the address with the most sessions, one whose client
/// asked nothing, and among these the one that was used longest ago.
fn idlest(used: &Used, by: Option<&Opener>) -> Option<Arc<str>> {
    let mut of: HashMap<&Opener, usize> = HashMap::new();
    for session in used.values() {
        *of.entry(&session.by).or_default() += 1;
    }
    let idle = used
        .iter()
        .filter(|(_, session)| session.open == 0 && by.is_none_or(|by| session.by == *by));
    let first = idle.min_by_key(|(_, session)| {
        let sessions = of.get(&session.by).copied().unwrap_or_default();
        (
            usize::MAX - sessions,
            session.requests > HANDSHAKE,
            session.last,
        )
    });
    first.map(|(id, _)| Arc::clone(id))
}

/// Requests after the first that are no question: `notifications/initialized`.
const HANDSHAKE: usize = 1;

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(session) = self.sessions.used().get_mut(&self.id) {
            session.open -= 1;
            session.last = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    /// Sessions with their address, the seconds since the beginning, their requests and those that are open.
    fn first(sessions: &[(&str, IpAddr, u64, usize, usize)]) -> Option<String> {
        let begin = Instant::now();
        let used = sessions.iter().map(|&(id, by, seconds, requests, open)| {
            let last = begin + Duration::from_secs(seconds);
            let session = Use {
                by: Opener::Address(by),
                last,
                requests,
                open,
            };
            (id.into(), session)
        });
        idlest(&used.collect(), None).map(|id| id.to_string())
    }

    #[test]
    fn the_session_that_was_used_longest_ago_ends_first() {
        let ended = first(&[("a", ONE, 5, 9, 0), ("b", ONE, 3, 9, 0)]);
        assert_eq!(ended.as_deref(), Some("b"));
    }

    #[test]
    fn a_session_that_asked_nothing_ends_before_one_that_did() {
        let ended = first(&[("a", ONE, 1, 2, 0), ("b", ONE, 5, 1, 0)]);
        assert_eq!(ended.as_deref(), Some("b"));
    }

    #[test]
    fn the_address_with_the_most_sessions_loses_one() {
        let ended = first(&[
            ("a", OTHER, 1, 0, 0),
            ("b", ONE, 2, 9, 0),
            ("c", ONE, 3, 9, 0),
        ]);
        assert_eq!(ended.as_deref(), Some("b"));
    }

    #[test]
    fn a_session_with_an_open_request_does_not_end() {
        assert_eq!(first(&[("a", ONE, 1, 0, 1)]), None);
        let ended = first(&[("a", ONE, 1, 0, 1), ("b", ONE, 2, 9, 0)]);
        assert_eq!(ended.as_deref(), Some("b"));
    }

    #[tokio::test]
    async fn a_user_has_the_own_sessions_and_a_part_of_all() {
        let sessions = Arc::new(Sessions::new(8));
        let user = |name| Opener::User(Principal::new("https://a", name));
        let (ann, bob) = (user("ann"), user("bob"));
        let open = async |by: &Opener| {
            assert!(sessions.has_room(by).await);
            let (id, _) = sessions.manager.create_session().await.ok()?;
            sessions.opened(&id, by.clone()).await;
            Some(id)
        };
        let first = open(&ann).await.unwrap_or_else(|| "".into());
        assert!(sessions.enter(&first, &bob).is_none());
        let entered = sessions.enter(&first, &ann);
        assert!(entered.is_some());
        let second = open(&ann).await.unwrap_or_else(|| "".into());
        // The third takes the place of the second, which is idle.
        let third = open(&ann).await.unwrap_or_else(|| "".into());
        assert!(!sessions.manager.sessions.read().await.contains_key(&second));
        let _open = sessions.enter(&third, &ann);
        assert!(!sessions.has_room(&ann).await);
        assert!(sessions.has_room(&bob).await);
        drop(entered);
        assert!(sessions.has_room(&ann).await);
    }
}
