//! What a run did with its tools: calls admitted and refused, bytes and times. Decides nothing but the count.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::outcome::{Latency, ToolUse};

/// The ledger of one run, for all skills in it.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    admitted: u32,
    refused: u32,
    tools: BTreeMap<String, Used>,
    in_flight: u32,
    busy_since: Option<Instant>,
    busy: Duration,
}

/// What was done with one tool.
#[derive(Default)]
struct Used {
    counts: ToolUse,
    /// How long each call took. The call budget bounds it.
    latencies: Vec<Duration>,
}

impl Ledger {
    /// Counts one more call. Past the limit, how many were refused until now.
    pub(super) fn admit(&self, limit: u32) -> Result<(), u32> {
        let mut entries = self.entries();
        if entries.admitted >= limit {
            entries.refused = entries.refused.saturating_add(1);
            return Err(entries.refused);
        }
        entries.admitted += 1;
        Ok(())
    }

    pub(super) fn record(&self, server: &str, tool: &str, call: ToolUse, elapsed: Duration) {
        let mut entries = self.entries();
        let used = entries.tools.entry(format!("{server}/{tool}")).or_default();
        used.counts.calls += call.calls;
        used.counts.errors += call.errors;
        used.counts.cache_hits += call.cache_hits;
        used.counts.cache_misses += call.cache_misses;
        used.counts.shared += call.shared;
        used.counts.bytes_in += call.bytes_in;
        used.counts.bytes_out += call.bytes_out;
        used.latencies.push(elapsed);
    }

    /// A host call that is under way until this is dropped.
    pub(super) fn flight(&self) -> Flight<'_> {
        let mut entries = self.entries();
        entries.in_flight += 1;
        entries.busy_since.get_or_insert_with(Instant::now);
        Flight(self)
    }

    /// What was used of each tool, and how long at least one host call was under way.
    pub(super) fn usage(&self) -> (BTreeMap<String, ToolUse>, Duration) {
        let entries = self.entries();
        let running = entries
            .busy_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        let tools = entries
            .tools
            .iter()
            .map(|(tool, used)| (tool.clone(), used.summary()))
            .collect();
        (tools, entries.busy + running)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing is left half done under this lock, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    fn summary(&self) -> ToolUse {
        ToolUse {
            latency: Latency::of(&self.latencies),
            ..self.counts
        }
    }
}

/// One host call under way.
pub(crate) struct Flight<'a>(&'a Ledger);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut entries = self.0.entries();
        entries.in_flight -= 1;
        if entries.in_flight == 0
            && let Some(since) = entries.busy_since.take()
        {
            entries.busy += since.elapsed();
        }
    }
}
