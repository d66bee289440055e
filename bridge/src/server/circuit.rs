//! Decides whether a server that has failed is tried again.
//!
//! After a few failures in a row calls fail at once until a pause is over. Then one call is let through; if it
//! succeeds, all are. Knows no clock of its own and no server.

use std::time::{Duration, Instant};

/// How many failures in a row open the circuit.
const FAILURES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The state of one server.
#[derive(Debug)]
pub(super) enum Circuit {
    /// Calls go through.
    Closed { failures: u32 },
    /// Calls fail at once.
    Open { until: Instant, pause: Duration },
    /// One call is in flight to find out.
    HalfOpen { pause: Duration },
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Circuit {
    /// Lets one call through, or says how long it is until the next may try.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match *self {
            Self::Closed { .. } => Ok(()),
            Self::Open { until, pause } if until <= now => {
                *self = Self::HalfOpen { pause };
                Ok(())
            }
            Self::Open { until, .. } => Err(until - now),
            Self::HalfOpen { pause } => Err(pause),
        }
    }

    /// The server has answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The server has failed.
    pub(super) fn failed(&mut self, now: Instant) {
        let pause = match *self {
            Self::Closed { failures } if failures + 1 < FAILURES => {
                *self = Self::Closed {
                    failures: failures + 1,
                };
                return;
            }
            Self::Closed { .. } => FIRST_PAUSE,
            // A call that was let through before: it says nothing new.
            Self::Open { .. } => return,
            Self::HalfOpen { pause } => (pause * 2).min(LONGEST_PAUSE),
        };
        let until = now + pause;
        *self = Self::Open { until, pause };
    }

    /// The call that was let through says nothing about the server: its caller has left.
    pub(super) fn undecided(&mut self, now: Instant) {
        if let Self::HalfOpen { pause } = *self {
            *self = Self::Open { until: now, pause };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn open(now: Instant) -> Circuit {
        let mut circuit = Circuit::default();
        (0..FAILURES).for_each(|_| circuit.failed(now));
        circuit
    }

    #[test]
    fn three_failures_in_a_row_open_it() {
        let now = Instant::now();
        let mut circuit = Circuit::default();
        circuit.failed(now);
        circuit.failed(now);
        circuit.succeeded();
        circuit.failed(now);
        circuit.failed(now);
        assert_eq!(circuit.admit(now), Ok(()));
        circuit.failed(now);
        assert_eq!(circuit.admit(now), Err(SECOND));
    }

    #[test]
    fn one_call_goes_through_after_the_pause_and_closes_it() {
        let now = Instant::now();
        let mut circuit = open(now);
        assert_eq!(circuit.admit(now + SECOND / 2), Err(SECOND / 2));
        let later = now + SECOND;
        assert_eq!(circuit.admit(later), Ok(()));
        assert_eq!(circuit.admit(later), Err(SECOND), "only one");
        circuit.succeeded();
        assert_eq!(circuit.admit(later), Ok(()));
    }

    #[test]
    fn each_failure_of_that_call_doubles_the_pause_up_to_a_limit() {
        let mut now = Instant::now();
        let mut circuit = open(now);
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            let pause = Duration::from_secs(seconds);
            assert_eq!(circuit.admit(now), Err(pause));
            now += pause;
            assert_eq!(circuit.admit(now), Ok(()));
            circuit.failed(now);
        }
    }

    #[test]
    fn dropped_trial_call_leaves_the_trial_to_the_next_call() {
        let now = Instant::now();
        let mut circuit = open(now);
        assert_eq!(circuit.admit(now + SECOND), Ok(()));
        circuit.undecided(now + SECOND);
        assert_eq!(circuit.admit(now + SECOND), Ok(()));
    }
}
