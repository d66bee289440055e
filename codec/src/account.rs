//! One account per run: linear memory, tables, and what the host itself holds because of the guest, over all stores of
//! the run. Each byte is charged before it is allocated. Knows nothing of what it is spent on.
//!
//! It is in this crate because converting values is the lowest work that is charged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The account of one run.
#[derive(Debug)]
pub struct Account {
    limit: usize,
    used: AtomicUsize,
    peak: AtomicUsize,
    deadline: Option<Instant>,
}

/// Why a charge fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The memory of the run is used up.
    Memory,
    /// The run is past its deadline: its host calls do no further work.
    Deadline,
}

impl Stop {
    /// The trap that stops the run for this reason.
    pub fn trap(self) -> wasmtime::Error {
        match self {
            Self::Memory => wasmtime::Error::new(OutOfMemory),
            Self::Deadline => wasmtime::Error::new(DeadlinePassed),
        }
    }
}

/// The trap of a run whose host call reached its deadline.
#[derive(Debug, thiserror::Error)]
#[error("the deadline passed in a host call")]
pub struct DeadlinePassed;

/// The trap of a run without memory for the work of a host call.
#[derive(Debug, thiserror::Error)]
#[error("a host call needs more memory than the run has left")]
pub struct OutOfMemory;

impl Account {
    /// An account of `memory` bytes, for a run until this time.
    #[must_use]
    pub fn new(memory: usize, deadline: Option<Instant>) -> Self {
        Self {
            limit: memory,
            used: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            deadline,
        }
    }

    /// Takes all of these bytes, or fails and takes none.
    #[inline]
    pub fn take(&self, bytes: usize) -> Result<(), Stop> {
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|total| *total <= self.limit)
            });
        match taken {
            Ok(before) => {
                let total = before + bytes;
                // Most calls are far below the peak, and skip the write.
                if total > self.peak.load(Ordering::Relaxed) {
                    self.peak.fetch_max(total, Ordering::Relaxed);
                }
                Ok(())
            }
            Err(_) => Err(Stop::Memory),
        }
    }

    /// Returns bytes that were taken.
    #[inline]
    pub fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Takes this many bytes until the charge is dropped.
    #[inline]
    pub fn charge(&self, bytes: usize) -> Result<Charge<'_>, Stop> {
        self.take(bytes)?;
        Ok(Charge {
            account: self,
            bytes,
        })
    }

    /// The bytes that are left.
    #[must_use]
    #[inline]
    pub fn available(&self) -> usize {
        self.limit.saturating_sub(self.used.load(Ordering::Relaxed))
    }

    /// The most bytes that were in use at once.
    #[must_use]
    #[inline]
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether the run is past its deadline at this time.
    #[must_use]
    #[inline]
    pub fn is_late(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }
}

/// Bytes of an account that stay in use until this is dropped.
#[derive(Debug)]
pub struct Charge<'a> {
    account: &'a Account,
    bytes: usize,
}

impl Charge<'_> {
    /// Leaves the bytes in use; the caller returns them to the account later.
    #[inline]
    pub fn keep(mut self) -> usize {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Charge<'_> {
    #[inline]
    fn drop(&mut self) {
        self.account.give_back(self.bytes);
    }
}

/// An owned charge, which can outlive a borrow: for example, with the result of a task.
#[derive(Debug)]
pub struct OwnedCharge {
    account: Arc<Account>,
    bytes: usize,
}

impl OwnedCharge {
    /// Leaves the bytes in use; the caller returns them to the account later.
    #[inline]
    pub fn keep(mut self) -> usize {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for OwnedCharge {
    #[inline]
    fn drop(&mut self) {
        self.account.give_back(self.bytes);
    }
}

/// Charges a value piece by piece while it is built. Checks the deadline now and then.
#[derive(Debug)]
pub struct Spend<'a> {
    account: Option<&'a Account>,
    spent: usize,
    /// Bytes taken from the account: at least `spent`.
    taken: usize,
    pieces: u32,
}

impl<'a> Spend<'a> {
    /// Bytes taken from the account at a time, so that a small value costs one access, not one per node.
    const SLICE: usize = 16 << 10;
    /// Pieces between two checks of the clock: some tens of microseconds.
    const BREATH: u32 = 4096;

    /// Nothing has been taken from the account yet.
    #[must_use]
    #[inline]
    pub fn of(account: &'a Account) -> Self {
        Self {
            account: Some(account),
            spent: 0,
            taken: 0,
            pieces: 0,
        }
    }

    /// For work that neither a guest nor a server caused.
    #[must_use]
    pub fn free() -> Self {
        Self {
            account: None,
            spent: 0,
            taken: usize::MAX,
            pieces: 0,
        }
    }

    /// Takes the bytes of one more piece.
    #[inline]
    pub fn take(&mut self, bytes: usize) -> Result<(), Stop> {
        self.pieces += 1;
        let spent = self.spent.saturating_add(bytes);
        if spent <= self.taken && self.pieces < Self::BREATH {
            self.spent = spent;
            return Ok(());
        }
        self.take_more(spent)
    }

    /// The slow path: checks the clock, and takes one more slice.
    #[cold]
    fn take_more(&mut self, spent: usize) -> Result<(), Stop> {
        let Some(account) = self.account else {
            self.pieces = 0;
            return Ok(());
        };
        if self.pieces >= Self::BREATH {
            self.pieces = 0;
            self.in_time()?;
        }
        if spent > self.taken {
            let need = spent - self.taken;
            let slice = need.max(Self::SLICE);
            // If a whole slice does not fit, the exact amount may still fit.
            match account.take(slice) {
                Ok(()) => self.taken = self.taken.saturating_add(slice),
                Err(_) => {
                    account.take(need)?;
                    self.taken = spent;
                }
            }
        }
        self.spent = spent;
        Ok(())
    }

    /// The bytes of all pieces until now.
    #[must_use]
    #[inline]
    pub fn spent(&self) -> usize {
        self.spent
    }

    /// Returns the bytes of pieces that no longer exist. Later pieces use them first.
    #[inline]
    pub fn release(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_sub(bytes);
    }

    /// Fails after the deadline.
    pub fn in_time(&self) -> Result<(), Stop> {
        match self.account {
            Some(account) if account.is_late(Instant::now()) => Err(Stop::Deadline),
            Some(_) | None => Ok(()),
        }
    }

    /// Like [`Self::charge`], as an owned charge. `account` is the account that was charged.
    #[inline]
    pub fn owned(self, account: &Arc<Account>) -> OwnedCharge {
        OwnedCharge {
            bytes: self.charge(account).keep(),
            account: Arc::clone(account),
        }
    }

    /// Keeps what was spent charged until the result is dropped; returns the rest of the slices.
    #[inline]
    pub fn charge(mut self, account: &'a Account) -> Charge<'a> {
        // The drop has nothing left to return.
        if self.account.take().is_none() {
            return Charge { account, bytes: 0 };
        }
        account.give_back(self.taken.saturating_sub(self.spent));
        Charge {
            account,
            bytes: self.spent,
        }
    }
}

impl Drop for Spend<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(account) = self.account {
            account.give_back(self.taken);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn account(limit: usize) -> Account {
        Account::new(limit, None)
    }

    #[test]
    fn what_does_not_fit_is_not_taken_and_what_is_dropped_is_given_back() {
        let account = account(100);
        let charge = account.charge(60).unwrap();
        assert_eq!(account.take(41), Err(Stop::Memory));
        assert_eq!(account.take(usize::MAX), Err(Stop::Memory));
        assert_eq!(account.available(), 40);
        drop(charge);
        assert_eq!(account.available(), 100);
        assert_eq!(account.peak(), 60);
    }

    #[test]
    fn many_pieces_are_charged_for_what_they_are_together() {
        let account = account(100_000);
        let mut spend = Spend::of(&account);
        for _ in 0..1000 {
            spend.take(64).unwrap();
        }
        let charge = spend.charge(&account);
        assert_eq!(account.available(), 36_000);
        let mut spend = Spend::of(&account);
        // The last slice does not fit, and the last piece does.
        spend.take(20_000).unwrap();
        spend.take(16_000).unwrap();
        assert_eq!(spend.take(1), Err(Stop::Memory));
        drop(spend);
        assert_eq!(account.available(), 36_000);
        drop(charge);
        assert_eq!(account.available(), 100_000);
    }

    #[test]
    fn released_bytes_are_used_before_more_is_taken() {
        let account = account(50_000);
        let mut spend = Spend::of(&account);
        spend.take(30_000).unwrap();
        spend.release(30_000);
        assert_eq!(spend.spent(), 0);
        spend.take(25_000).unwrap();
        assert_eq!(account.available(), 20_000);
        let charge = spend.charge(&account);
        assert_eq!(account.available(), 25_000);
        drop(charge);
        assert_eq!(account.available(), 50_000);
    }

    #[test]
    fn a_run_over_its_deadline_spends_nothing_more() {
        let account = Account::new(usize::MAX, Some(Instant::now()));
        let mut spend = Spend::of(&account);
        let late = (0..=Spend::BREATH).find_map(|_| spend.take(1).err());
        assert_eq!(late, Some(Stop::Deadline));
    }
}
