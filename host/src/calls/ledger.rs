//! What a run did with its tools: calls admitted and refused, bytes and times. Decides nothing but the count.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::outcome::{Latency, ToolUse, ToolUses};

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
    /// `server/tool`.
    name: String,
    counts: ToolUse,
    /// How long each call took. The call budget bounds it.
    latencies: Vec<Duration>,
}

impl Ledger {
    /// Counts one more call of a tool, and starts it. Past the limit, how many were refused until now.
    pub(super) fn admit(&self, limit: u32) -> Result<Flight<'_>, u32> {
        let mut entries = self.entries();
        if entries.admitted >= limit {
            entries.refused = entries.refused.saturating_add(1);
            return Err(entries.refused);
        }
        entries.admitted += 1;
        Ok(self.start(entries))
    }

    /// A call that took no time.
    pub(super) fn record(&self, server: &str, tool: &str, call: ToolUse) {
        self.entries().record(server, tool, call, Duration::ZERO);
    }

    /// A host call that is under way until this is dropped.
    pub(super) fn flight(&self) -> Flight<'_> {
        self.start(self.entries())
    }

    fn start(&self, mut entries: MutexGuard<'_, Entries>) -> Flight<'_> {
        let started = Instant::now();
        entries.in_flight += 1;
        entries.busy_since.get_or_insert(started);
        Flight {
            ledger: self,
            started,
            landed: false,
        }
    }

    /// What was used of each tool, which the ledger then knows no longer, and how long at least one host call was under
    /// way.
    pub(super) fn close(&self) -> (ToolUses, Duration) {
        let mut entries = self.entries();
        let running = entries
            .busy_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        let tools = std::mem::take(&mut entries.tools);
        let tools = tools.into_iter().map(Used::summary).collect();
        (ToolUses::new(tools), entries.busy + running)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing is left half done under this lock, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn record(&mut self, server: &str, tool: &str, call: ToolUse, elapsed: Duration) {
        let used = self.of(server, tool);
        used.counts.calls += call.calls;
        used.counts.errors += call.errors;
        used.counts.cache_hits += call.cache_hits;
        used.counts.cache_misses += call.cache_misses;
        used.counts.shared += call.shared;
        used.counts.bytes_in += call.bytes_in;
        used.counts.bytes_out += call.bytes_out;
        used.latencies.push(elapsed);
    }

    fn of(&mut self, server: &str, tool: &str) -> &mut Used {
        // A run uses few tools, and each of its calls comes through here: no key is made to look one up.
        let mut known = self.tools.iter();
        let place = known.position(|used| used.is(server, tool));
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
            name: name(server, tool),
            counts: ToolUse::default(),
            latencies: Vec::new(),
        }
    }

    fn is(&self, server: &str, tool: &str) -> bool {
        let rest = self.name.strip_prefix(server);
        rest.and_then(|rest| rest.strip_prefix('/')) == Some(tool)
    }

    fn summary(mut self) -> (String, ToolUse) {
        let used = ToolUse {
            latency: Latency::of(&mut self.latencies),
            ..self.counts
        };
        (self.name, used)
    }
}

fn name(server: &str, tool: &str) -> String {
    let mut name = String::with_capacity(server.len() + 1 + tool.len());
    name.push_str(server);
    name.push('/');
    name.push_str(tool);
    name
}

/// One host call under way.
pub(crate) struct Flight<'a> {
    ledger: &'a Ledger,
    started: Instant,
    landed: bool,
}

impl Flight<'_> {
    /// The call of a tool came back at this time. Says how long it took.
    pub(super) fn land(
        mut self,
        ended: Instant,
        server: &str,
        tool: &str,
        call: ToolUse,
    ) -> Duration {
        let elapsed = ended.duration_since(self.started);
        let mut entries = self.ledger.entries();
        entries.record(server, tool, call, elapsed);
        entries.landed(ended);
        self.landed = true;
        elapsed
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if !self.landed {
            self.ledger.entries().landed(Instant::now());
        }
    }
}
