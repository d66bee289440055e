//! Records how each call of a server ended. The circuit decides whether the next call is sent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::circuit::Circuit;
use crate::error::CallError;

/// The health of a server, over all its connections.
#[derive(Default)]
pub(super) struct Health {
    circuit: Mutex<Circuit>,
    /// When a call was answered last.
    answered: Mutex<Option<Instant>>,
}

/// One call in flight, as far as the circuit is concerned.
pub(super) struct Attempt<'a> {
    health: &'a Health,
    begun: Instant,
    ended: bool,
}

impl Health {
    /// Lets a call of the server of this name through, or says at once why not.
    pub(super) fn attempt(&self, server: &str) -> Result<Attempt<'_>, CallError> {
        match lock(&self.circuit).admit(Instant::now()) {
            Ok(()) => Ok(Attempt {
                health: self,
                begun: Instant::now(),
                ended: false,
            }),
            Err(pause) => Err(CallError::Unavailable(format!(
                "server `{server}` has failed several times in a row and is not tried again for {}",
                tenths(pause)
            ))),
        }
    }

    fn has_answered_since(&self, then: Instant) -> bool {
        lock(&self.answered).is_some_and(|answered| answered >= then)
    }
}

impl Attempt<'_> {
    /// Records how the call ended.
    pub(super) fn end<T>(mut self, answer: &Result<T, CallError>) {
        self.ended = true;
        let mut circuit = lock(&self.health.circuit);
        match answer {
            Err(CallError::TimedOut(_) | CallError::Silent(_))
                if self.health.has_answered_since(self.begun) =>
            {
                // One tool is slow; the server is not dead.
                circuit.undecided(Instant::now());
            }
            Err(CallError::Unavailable(_) | CallError::TimedOut(_) | CallError::Silent(_)) => {
                circuit.failed(Instant::now());
            }
            // Whatever else it is, the server has answered.
            Ok(_) | Err(_) => {
                *lock(&self.health.answered) = Some(Instant::now());
                circuit.succeeded();
            }
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended {
            lock(&self.health.circuit).undecided(Instant::now());
        }
    }
}

/// `0.8 s`.
fn tenths(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
