//! Which sessions over HTTP have a client that listens. A session of 2025-11-25 outlives its connections, so that a
//! client that is gone is one that has had no open request for a while. Ends nothing itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// How long a client may have no open request before its runs end. It comes back after 3 s, as rmcp tells it to.
const ABSENCE: Duration = Duration::from_secs(10);

/// The open requests of each session.
pub(crate) struct Presence {
    sessions: Mutex<HashMap<String, watch::Sender<usize>>>,
    absence: Duration,
}

impl Default for Presence {
    fn default() -> Self {
        Self::with(ABSENCE)
    }
}

/// An open request, until this is dropped.
pub(crate) struct Present {
    presence: Arc<Presence>,
    session: String,
}

impl Presence {
    fn with(absence: Duration) -> Self {
        Self {
            sessions: Mutex::default(),
            absence,
        }
    }

    /// Counts a request of a session.
    pub(crate) fn enter(self: &Arc<Self>, session: &str) -> Present {
        let mut sessions = self.sessions();
        let open = sessions.entry(session.to_owned()).or_default();
        open.send_modify(|open| *open += 1);
        Present {
            presence: Arc::clone(self),
            session: session.to_owned(),
        }
    }

    /// Waits until the client of the session is gone.
    pub(crate) async fn gone(self: &Arc<Self>, session: &str) {
        let mut open = self
            .sessions()
            .entry(session.to_owned())
            .or_default()
            .subscribe();
        let _forgotten = Forgotten(self, session);
        loop {
            // Both errors say that the last request is over.
            let _ = open.wait_for(|open| *open == 0).await;
            let back = open.wait_for(|open| *open > 0);
            if tokio::time::timeout(self.absence, back).await.is_err() {
                return;
            }
        }
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<usize>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, session: &str, waiting: usize) {
        let mut sessions = self.sessions();
        let is_over =
            |open: &watch::Sender<usize>| *open.borrow() == 0 && open.receiver_count() <= waiting;
        if sessions.get(session).is_some_and(is_over) {
            sessions.remove(session);
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        if let Some(open) = self.presence.sessions().get(&self.session) {
            open.send_modify(|open| *open -= 1);
        }
        self.presence.forget(&self.session, 0);
    }
}

/// Removes the entry of a session that nothing needs any more.
struct Forgotten<'p>(&'p Presence, &'p str);

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        // Its own receiver is dropped after this.
        self.0.forget(self.1, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the future is not done after a moment.
    async fn waits(future: impl Future<Output = ()>) -> bool {
        let moment = Duration::from_millis(50);
        tokio::time::timeout(moment, future).await.is_err()
    }

    #[tokio::test]
    async fn a_client_with_an_open_request_is_not_gone() {
        let presence = Arc::new(Presence::with(Duration::ZERO));
        let (first, second) = (presence.enter("s"), presence.enter("s"));
        let mut gone = std::pin::pin!(presence.gone("s"));
        assert!(waits(&mut gone).await);
        drop(first);
        assert!(waits(&mut gone).await);
        drop(second);
        gone.await;
    }

    #[tokio::test]
    async fn a_client_may_come_back_for_a_while() {
        let presence = Arc::new(Presence::with(Duration::from_secs(3_600)));
        let first = presence.enter("s");
        let mut gone = std::pin::pin!(presence.gone("s"));
        assert!(waits(&mut gone).await);
        drop(first);
        assert!(waits(&mut gone).await);
        let _second = presence.enter("s");
        assert!(waits(&mut gone).await);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_session_without_requests() {
        let presence = Arc::new(Presence::with(Duration::ZERO));
        drop(presence.enter("a"));
        presence.gone("b").await;
        assert!(presence.sessions().is_empty());
    }
}
