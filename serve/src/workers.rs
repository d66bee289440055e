//! Threads for work that takes long, beside those that answer: as much at once as there are processors. Knows no work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

/// The work of all sessions.
///
/// Work that was begun goes on although its caller has given up: a thread cannot be stopped. It ends, because texts and
/// schemas have bounds. Meanwhile other sessions wait for no more than what was begun: of each session, so much work
/// waits in the common line as can run at once, and the rest waits behind it.
pub(crate) struct Workers {
    most: usize,
    all: Arc<Semaphore>,
    of_session: Mutex<HashMap<u64, Weak<Semaphore>>>,
}

impl Workers {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            all: Arc::new(Semaphore::new(most)),
            of_session: Mutex::default(),
        }
    }

    /// Does the work of a session. The rest waits in order.
    ///
    /// # Errors
    ///
    /// When the work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        session: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let own = self.of(session).acquire_owned().await;
        let own = own.map_err(|error| error.to_string())?;
        let worker = Arc::clone(&self.all).acquire_owned().await;
        let worker = worker.map_err(|error| error.to_string())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((worker, own));
            done
        });
        done.await.map_err(|error| error.to_string())
    }

    fn of(&self, session: u64) -> Arc<Semaphore> {
        let mut sessions = self
            .of_session
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = sessions.get(&session).and_then(Weak::upgrade) {
            return own;
        }
        // Those of which nothing waits or runs.
        sessions.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(self.most));
        sessions.insert(session, Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Lets other tasks come to where they wait.
    async fn settle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_session_with_much_work_lets_another_in_after_what_it_began() {
        let workers = Arc::new(Workers::new(1));
        let order = Arc::new(Mutex::new(Vec::new()));
        let (go, wait) = mpsc::channel::<()>();
        let start = |session: u64, wait: Option<mpsc::Receiver<()>>| {
            let (workers, order) = (Arc::clone(&workers), Arc::clone(&order));
            tokio::spawn(async move {
                let work = move || {
                    if let Some(wait) = wait {
                        let _ = wait.recv();
                    }
                    order
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(session);
                };
                workers.run(session, work).await
            })
        };
        let mut tasks = vec![start(1, Some(wait))];
        settle().await;
        tasks.extend((0..5).map(|_| start(1, None)));
        settle().await;
        tasks.push(start(2, None));
        settle().await;
        let _ = go.send(());
        for task in tasks {
            assert!(task.await.is_ok_and(|done| done.is_ok()));
        }
        let order = order.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*order, [1, 2, 1, 1, 1, 1, 1]);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_session_without_work() {
        let workers = Workers::new(2);
        for session in 0..100 {
            assert_eq!(workers.run(session, || 7).await, Ok(7));
        }
        let sessions = workers.of_session.lock().map(|sessions| sessions.len());
        assert!(sessions.is_ok_and(|sessions| sessions <= 1));
    }
}
