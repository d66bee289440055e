//! Counts what one store takes of the machine, and refuses what goes past the limits.

use wasmtime::ResourceLimiter;

use super::{Limit, Limits};

/// Counts the linear memory and the tables of one store and refuses growth past the limits.
#[derive(Debug)]
pub(crate) struct Meter {
    memory: usize,
    table_elements: usize,
    instances: usize,
    memories: usize,
    tables: usize,
    used: usize,
    peak: usize,
    /// Bytes of the last growth that was let through: it may still fail.
    last: usize,
    refused: Option<Limit>,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: limits.memory,
            table_elements: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
            used: 0,
            peak: 0,
            last: 0,
            refused: None,
        }
    }

    /// The most bytes that were in use at once.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// The limit by which a store was stopped that came back with this error, if it was one of those that a
    /// store has.
    pub(crate) fn exceeded(&self, error: &wasmtime::Error) -> Option<Limit> {
        // A standard library aborts when it is refused memory; the refusal is the cause. So it is when
        // a component cannot be instantiated because its memory starts out too large.
        self.refused.or_else(|| exceeded(error))
    }

    /// Takes over what another store of the same run had in use at most, and what it was refused.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.peak = self.peak.saturating_add(other.peak);
        self.refused = self.refused.or(other.refused);
    }

    /// Adds memory that the host takes for the guest. `false` where that is more than the limit allows.
    pub(crate) fn charge(&mut self, bytes: u64) -> bool {
        self.grow(0, usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current);
        let total = self.used.saturating_add(more);
        if total > self.memory {
            self.refused = Some(Limit::Memory);
            return false;
        }
        self.last = more;
        self.used = total;
        self.peak = self.peak.max(total);
        true
    }

    /// What was let through did not happen: the operating system had no more, or the slot of a pool is full.
    fn shrink(&mut self) {
        self.used = self.used.saturating_sub(self.last);
        self.last = 0;
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

/// Wasmtime's errors for these limits have no type, only a text. The tests of each limit notice when it changes.
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
        Meter::new(&Limits {
            memory: 1000,
            table_elements: 10,
            ..Limits::default()
        })
    }

    #[test]
    fn memories_and_tables_are_counted_together() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 900, None).unwrap());
        assert!(meter.table_growing(0, 10, None).unwrap());
        assert_eq!(meter.peak(), 980);
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
        assert_eq!(meter.peak(), 900);
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
