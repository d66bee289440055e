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
    tools: Vec<Used>,
    in_flight: u32,
    busy_since: Option<Instant>,
    busy: Duration,
}

/// What was done with one tool.
struct Used {
    server: String,
    tool: String,
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
        let used = entries.of(server, tool);
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
        let started = Instant::now();
        let mut entries = self.entries();
        entries.in_flight += 1;
        entries.busy_since.get_or_insert(started);
        drop(entries);
        Flight {
            ledger: self,
            started,
        }
    }

    /// What was used of each tool, and how long at least one host call was under way.
    pub(super) fn usage(&self) -> (BTreeMap<String, ToolUse>, Duration) {
        let mut entries = self.entries();
        let running = entries
            .busy_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        let tools = entries
            .tools
            .iter_mut()
            .map(|used| (format!("{}/{}", used.server, used.tool), used.summary()))
            .collect();
        (tools, entries.busy + running)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing is left half done under this lock, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn of(&mut self, server: &str, tool: &str) -> &mut Used {
        // A run uses few tools, and each of its calls comes through here: no key is made to look one up.
        let mut known = self.tools.iter();
        let place = known.position(|used| used.tool == tool && used.server == server);
        let place = place.unwrap_or_else(|| {
            self.tools.push(Used::of(server, tool));
            self.tools.len() - 1
        });
        &mut self.tools[place]
    }

    fn landed(&mut self, now: Instant) {
        self.in_flight -= 1;
        if self.in_flight == 0
            && let Some(since) = self.busy_since.take()
        {
            self.busy += now.duration_since(since);
        }
    }
}

impl Used {
    fn of(server: &str, tool: &str) -> Self {
        Self {
            server: server.to_owned(),
            tool: tool.to_owned(),
            counts: ToolUse::default(),
            latencies: Vec::new(),
        }
    }

    fn summary(&mut self) -> ToolUse {
        ToolUse {
            latency: Latency::of(&mut self.latencies),
            ..self.counts
        }
    }
}

/// One host call under way.
pub(crate) struct Flight<'a> {
    ledger: &'a Ledger,
    started: Instant,
}

impl Flight<'_> {
    /// How long it has been under way.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.ledger.entries().landed(Instant::now());
    }
}
