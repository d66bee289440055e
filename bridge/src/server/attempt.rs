//! What each call says about the health of its server. Decides nothing itself: the circuit does.

use std::time::{Duration, Instant};

use rmcp::model::CallToolResult;

use super::{Server, lock};
use crate::error::CallError;

/// One call under way, as far as the circuit is concerned.
pub(super) struct Attempt<'a> {
    server: &'a Server,
    begun: Instant,
    ended: bool,
}

impl<'a> Attempt<'a> {
    /// Lets the call through, or says at once why not.
    pub(super) fn begin(server: &'a Server) -> Result<Self, CallError> {
        match lock(&server.circuit).admit(Instant::now()) {
            Ok(()) => Ok(Self {
                server,
                begun: Instant::now(),
                ended: false,
            }),
            Err(pause) => Err(CallError::Unavailable(format!(
                "server `{}` has failed several times in a row and is not tried again for {}",
                server.name(),
                tenths(pause)
            ))),
        }
    }

    /// Notes what came of it.
    pub(super) fn end(mut self, answer: &Result<CallToolResult, CallError>) {
        self.ended = true;
        let mut circuit = lock(&self.server.circuit);
        match answer {
            Err(CallError::TimedOut(_) | CallError::Silent(_))
                if self.server.has_answered_since(self.begun) =>
            {
                // One tool is slow; the server is not dead.
                circuit.undecided(Instant::now());
            }
            Err(CallError::Unavailable(_) | CallError::TimedOut(_) | CallError::Silent(_)) => {
                circuit.failed(Instant::now());
            }
            // Whatever else it is, the server has answered.
            Ok(_) | Err(_) => {
                *lock(&self.server.answered) = Some(Instant::now());
                circuit.succeeded();
            }
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended {
            lock(&self.server.circuit).undecided(Instant::now());
        }
    }
}

/// `0.8 s`.
fn tenths(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
