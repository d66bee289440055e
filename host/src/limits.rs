//! What a run may use, and the meter that counts its memory.
//! Fuel, time and calls are enforced where they are spent: in `execute` and in `calls`.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The bounds of one run. Every one of them is always on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wasmtime fuel: about one unit for each WebAssembly instruction.
    pub fuel: u64,
    /// Bytes of all linear memories and tables of the run together.
    pub memory: usize,
    /// Wall clock from instantiation to result, host calls included.
    pub timeout: Duration,
    /// Tool calls, typed and dynamic together, each call of a batch counted.
    pub calls: u32,
    /// Bytes of the skill's result.
    pub output: usize,
    /// Bytes that one host call may copy out of the guest, and bytes of one tool's answer.
    pub transfer: usize,
    /// Resource handles, streams and futures alive in the guest at once.
    pub handles: usize,
    /// Log lines that are kept; the others are counted.
    pub log_lines: u32,
    /// Bytes of all keys and values that the skill may keep in `state`.
    pub state: u64,
}

impl Default for Limits {
    /// The moderate profile: 256 MiB, 60 s, 1,000 calls.
    fn default() -> Self {
        Self {
            fuel: 20_000_000_000,
            memory: 256 << 20,
            timeout: Duration::from_secs(60),
            calls: 1_000,
            output: 16 << 20,
            transfer: 32 << 20,
            handles: 10_000,
            log_lines: 10_000,
            state: 64 << 20,
        }
    }
}

/// Counts the linear memory and the tables of one store and refuses growth past the limit.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: usize,
    used: usize,
    peak: usize,
    refused: bool,
}

/// Instances, memories and tables of one store. A component needs a handful of each; a
/// component that asks for more is refused when it is instantiated.
const MAX_INSTANCES: usize = 1_000;
const MAX_TABLES: usize = 1_000;
const MAX_MEMORIES: usize = 100;

impl Meter {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            peak: 0,
            refused: false,
        }
    }

    /// The most bytes that were in use at once.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// Whether growth was ever refused: a trap that follows means that memory ran out.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let total = self.used.saturating_add(desired.saturating_sub(current));
        if total > self.limit {
            self.refused = true;
            return false;
        }
        self.used = total;
        self.peak = self.peak.max(total);
        true
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Growth past the memory's own maximum fails anyway and must not be counted.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.grow(current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let entry = size_of::<usize>();
        Ok(self.grow(current.saturating_mul(entry), desired.saturating_mul(entry)))
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
