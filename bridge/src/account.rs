//! An account of bytes with a bound: what is kept or waits is charged before it is, and credited when it is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes are charged to one server for one purpose.
#[derive(Debug)]
pub(crate) struct Account {
    bound: usize,
    used: AtomicUsize,
}

/// The account has no room for so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no more than {bound} bytes may wait")]
pub(crate) struct Full {
    /// The bound of the account, in bytes.
    pub(crate) bound: usize,
}

/// What is charged for as long as this is held.
#[derive(Debug)]
pub(crate) struct Charge {
    account: Arc<Account>,
    bytes: usize,
}

impl Account {
    /// An account of at most `bound` bytes.
    pub(crate) fn new(bound: usize) -> Arc<Self> {
        Arc::new(Self {
            bound,
            used: AtomicUsize::new(0),
        })
    }

    /// Charges so many bytes, all of them or none.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> Result<Charge, Full> {
        let more = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.bound);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map_err(|_| Full { bound: self.bound })?;
        Ok(Charge {
            account: Arc::clone(self),
            bytes,
        })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn sum_of_what_is_held_stays_within_the_bound() {
        let account = Account::new(100);
        let first = account.charge(60).unwrap();
        assert_eq!(account.charge(41).unwrap_err(), Full { bound: 100 });
        let second = account.charge(40).unwrap();
        drop(first);
        account.charge(usize::MAX).unwrap_err();
        account.charge(60).unwrap();
        drop(second);
        account.charge(100).unwrap();
    }
}
