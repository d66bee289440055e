//! Counts the resources of one store against the account of its run, and refuses what exceeds the limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::ResourceLimiter;

use super::{Limit, Limits};
use mcp_codec::Spread;
use mcp_codec::account::{Account, OutOfMemory, Stop};

/// Counts the linear memory and the tables of one store, and refuses growth past the limits.
#[derive(Debug)]
pub(crate) struct Meter {
    account: Arc<Account>,
    transfer: usize,
    table_elements: usize,
    instances: usize,
    memories: usize,
    tables: usize,
    /// Bytes of the last growth that was allowed: it may still fail.
    last: usize,
    /// Bytes of results that a host function has returned, and that are being copied into the guest.
    lowering: AtomicUsize,
    refused: Option<Limit>,
    spread: Spread,
    /// Bytes that stay in the host each time a function of the guest begins.
    left_by_calls: usize,
    /// Stores of the run: each may have its share lifted at the same time.
    stores: usize,
}

impl Meter {
    pub(crate) fn new(limits: &Limits, account: &Arc<Account>) -> Self {
        Self {
            account: Arc::clone(account),
            transfer: limits.transfer,
            table_elements: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
            last: 0,
            lowering: AtomicUsize::new(0),
            refused: None,
            spread: Spread::TYPED,
            left_by_calls: 0,
            stores: 1,
        }
    }

    /// The same for a store whose functions hand over values of types that take more for what is counted of them.
    pub(crate) fn with_spread(self, spread: Spread) -> Self {
        Self { spread, ..self }
    }

    /// The same for one of several stores of a run.
    pub(crate) fn among(self, stores: usize) -> Self {
        Self {
            stores: stores.max(1),
            ..self
        }
    }

    /// From now on, each function of the guest that begins leaves this many bytes in the host.
    pub(crate) fn keep_of_calls(&mut self, bytes: usize) {
        self.left_by_calls = bytes;
    }

    /// Charges what the host keeps of a function of the guest that begins.
    #[inline]
    pub(crate) fn begin(&self) -> Result<(), Stop> {
        match self.left_by_calls {
            0 => Ok(()),
            bytes => self.account.take(bytes),
        }
    }

    /// Stores of the run.
    pub(crate) fn stores(&self) -> usize {
        self.stores
    }

    /// Bytes that the next host call may copy out of the guest, as Wasmtime counts them: the limit, the memory that the
    /// run has left, or what can be copied in a short time.
    pub(crate) fn arguments(&self) -> usize {
        self.bound().min(self.room())
    }

    /// The same for the guest's result. The guest returns once, and results with types of this host have no time bound.
    pub(crate) fn result(&self) -> usize {
        let bound = if self.spread == Spread::TYPED {
            self.transfer
        } else {
            self.bound()
        };
        bound.min(self.room())
    }

    fn bound(&self) -> usize {
        self.transfer.min(self.spread.at_once(self.transfer))
    }

    fn room(&self) -> usize {
        let available = self.account.available();
        // Most runs have one store, and this runs at each crossing: a division less.
        let share = match self.stores {
            1 => available,
            stores => available / stores,
        };
        self.spread.fitting(share)
    }

    /// Keeps the charge of a result until the guest's memory has it, where it is charged again.
    pub(crate) fn lower(&self, bytes: usize) {
        self.lowering.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Everything that was returned to the guest has been copied.
    pub(crate) fn lowered(&mut self) {
        let lowering = self.lowering.get_mut();
        if *lowering > 0 {
            self.account.give_back(std::mem::take(lowering));
        }
    }

    /// The limit that stopped a store with this error, if it was a limit of the store.
    pub(crate) fn exceeded(&self, error: &wasmtime::Error) -> Option<Limit> {
        // A standard library aborts when memory is refused; the refusal is the cause. The same holds when a component
        // cannot be instantiated because its initial memory is too large.
        if error.is::<OutOfMemory>() {
            return Some(Limit::Memory);
        }
        let limit = self.refused.or_else(|| exceeded(error))?;
        // The fuel of a host call is less than the limit where the run has less memory left than that.
        let is_out_of_memory = limit == Limit::Transfer && self.room() < self.bound();
        Some(if is_out_of_memory {
            Limit::Memory
        } else {
            limit
        })
    }

    /// Whether the guest wanted more memory than its run may have.
    pub(crate) fn was_refused_memory(&self) -> bool {
        self.refused == Some(Limit::Memory)
    }

    /// Takes over the refusals of another store of the same run.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.refused = self.refused.or(other.refused);
    }

    /// Adds memory that the host takes for the guest. Returns `false` if that exceeds the limit.
    pub(crate) fn charge(&mut self, bytes: u64) -> bool {
        let fits = self.grow(0, usize::try_from(bytes).unwrap_or(usize::MAX));
        // This growth cannot fail.
        self.last = 0;
        fits
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current);
        if self.account.take(more).is_err() {
            self.refused = Some(Limit::Memory);
            return false;
        }
        self.last = more;
        true
    }

    /// An allowed growth did not happen: the OS had no memory left, or the slot of the pool is full.
    fn shrink(&mut self) {
        self.account.give_back(std::mem::take(&mut self.last));
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.last = 0;
        // Growth past the memory's own maximum fails anyway and must not be counted.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.grow(current, desired))
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!(%error, "a memory did not grow");
        self.shrink();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.last = 0;
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if desired > self.table_elements {
            self.refused = Some(Limit::TableElements);
            return Ok(false);
        }
        let entry = size_of::<usize>();
        Ok(self.grow(current.saturating_mul(entry), desired.saturating_mul(entry)))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!(%error, "a table did not grow");
        self.shrink();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Wasmtime's errors for these limits have no type, only a text. The tests of each limit fail when the text changes.
fn exceeded(error: &wasmtime::Error) -> Option<Limit> {
    const TEXTS: [(&str, Limit); 5] = [
        ("instance count too high", Limit::Instances),
        ("memory count too high", Limit::Memories),
        ("table count too high", Limit::Tables),
        ("store handle limit exceeded", Limit::Handles),
        (
            "fuel allocated for hostcalls has been exhausted",
            Limit::Transfer,
        ),
    ];
    let cause = error.root_cause().to_string();
    TEXTS
        .into_iter()
        .find(|(text, _)| cause.contains(text))
        .map(|(_, limit)| limit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn meter() -> Meter {
        let limits = Limits {
            memory: 1000,
            table_elements: 10,
            ..Limits::default()
        };
        Meter::new(&limits, &Arc::new(Account::new(limits.memory, None)))
    }

    #[test]
    fn memories_and_tables_are_counted_together() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 900, None).unwrap());
        assert!(meter.table_growing(0, 10, None).unwrap());
        assert_eq!(meter.account.peak(), 980);
        assert!(!meter.memory_growing(900, 921, None).unwrap());
        assert_eq!(meter.refused, Some(Limit::Memory));
    }

    #[test]
    fn what_the_host_takes_for_the_guest_is_counted_with_its_memory() {
        let mut meter = meter();
        assert!(meter.charge(900));
        assert!(!meter.memory_growing(0, 101, None).unwrap());
        assert!(!meter.charge(101));
        assert!(!meter.charge(u64::MAX));
        assert_eq!(meter.refused, Some(Limit::Memory));
        assert_eq!(meter.account.peak(), 900);
    }

    #[test]
    fn one_table_has_a_limit_of_its_own() {
        let mut meter = meter();
        assert!(!meter.table_growing(0, 11, None).unwrap());
        assert_eq!(meter.refused, Some(Limit::TableElements));
    }

    #[test]
    fn growth_that_fails_is_not_counted() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 900, None).unwrap());
        let error = || wasmtime::Error::msg("no more");
        meter.memory_grow_failed(error()).unwrap();
        assert!(meter.memory_growing(0, 1000, None).unwrap());
        // Past its own maximum: refused by the memory itself, and nothing to give back.
        assert!(!meter.memory_growing(1000, 1001, Some(1000)).unwrap());
        meter.memory_grow_failed(error()).unwrap();
        assert!(!meter.memory_growing(1000, 1001, None).unwrap());
    }
}
