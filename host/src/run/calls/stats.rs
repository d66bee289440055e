//! The tool statistics of a run: calls admitted and rejected, bytes and times. Only counts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::report::{Latency, ToolUse, ToolUses};

/// The call stats of one run, shared by every skill in it.
#[derive(Default)]
pub(super) struct CallStats(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    admitted: u32,
    refused: u32,
    /// By `server/tool`.
    tools: Vec<(String, ToolUse)>,
    /// The duration of each call, with its index into `tools`. The call budget bounds the length.
    latencies: Vec<(usize, Duration)>,
    in_flight: u32,
    busy_since: Option<Instant>,
    busy: Duration,
}

impl CallStats {
    /// Counts one more call, whether or not it reaches a server, and starts it. Past the limit, returns how many calls
    /// were rejected so far.
    pub(super) fn admit(&self, limit: u32) -> Result<InFlightCall<'_>, u32> {
        let mut entries = self.entries();
        if entries.admitted >= limit {
            entries.refused = entries.refused.saturating_add(1);
            return Err(entries.refused);
        }
        entries.admitted += 1;
        Ok(self.start(entries))
    }

    /// Counts a call that took no time.
    pub(super) fn record(&self, server: &str, tool: &str, call: ToolUse) {
        self.entries().record(server, tool, call, Duration::ZERO);
    }

    /// Counts a call that was sent: it may have an effect, whether or not its answer comes.
    pub(super) fn sent(&self, server: &str, tool: &str, bytes_in: u64) {
        let mut entries = self.entries();
        let place = entries.place(server, tool);
        let (_, used) = &mut entries.tools[place];
        used.calls += 1;
        used.unfinished += 1;
        used.bytes_in += bytes_in;
    }

    /// A host call that is in flight until this is dropped.
    pub(super) fn flight(&self) -> InFlightCall<'_> {
        self.start(self.entries())
    }

    fn start(&self, mut entries: MutexGuard<'_, Entries>) -> InFlightCall<'_> {
        let started = Instant::now();
        entries.in_flight += 1;
        entries.busy_since.get_or_insert(started);
        InFlightCall {
            stats: self,
            started,
            landed: false,
        }
    }

    /// Takes the statistics per tool, and the total time with at least one host call in flight.
    pub(super) fn close(&self) -> (ToolUses, Duration) {
        let mut entries = self.entries();
        let running = entries
            .busy_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        let mut tools = std::mem::take(&mut entries.tools);
        let mut latencies = std::mem::take(&mut entries.latencies);
        latencies.sort_unstable();
        for calls in latencies.chunk_by(|(tool, _), (next, _)| tool == next) {
            if let [(tool, _), ..] = calls {
                tools[*tool].1.latency = Latency::of(calls.iter().map(|(_, elapsed)| *elapsed));
            }
        }
        (ToolUses::new(tools), entries.busy + running)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Every update under this lock is complete, so a panic elsewhere does not corrupt it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn record(&mut self, server: &str, tool: &str, call: ToolUse, elapsed: Duration) {
        let place = self.place(server, tool);
        let (_, used) = &mut self.tools[place];
        used.calls += call.calls;
        used.errors += call.errors;
        used.cache_hits += call.cache_hits;
        used.cache_misses += call.cache_misses;
        used.shared += call.shared;
        used.bytes_in += call.bytes_in;
        used.bytes_out += call.bytes_out;
        self.latencies.push((place, elapsed));
    }

    fn place(&mut self, server: &str, tool: &str) -> usize {
        // A run uses few tools, and each of its calls comes through here: the look-up allocates no key.
        let mut known = self.tools.iter();
        let place = known.position(|(name, _)| is(name, server, tool));
        place.unwrap_or_else(|| {
            self.tools.push((name(server, tool), ToolUse::default()));
            self.tools.len() - 1
        })
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

fn is(name: &str, server: &str, tool: &str) -> bool {
    let rest = name.strip_prefix(server);
    rest.and_then(|rest| rest.strip_prefix('/')) == Some(tool)
}

fn name(server: &str, tool: &str) -> String {
    let mut name = String::with_capacity(server.len() + 1 + tool.len());
    name.push_str(server);
    name.push('/');
    name.push_str(tool);
    name
}

/// One host call in flight.
#[must_use]
pub(crate) struct InFlightCall<'a> {
    stats: &'a CallStats,
    started: Instant,
    landed: bool,
}

impl InFlightCall<'_> {
    /// When the call began.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Ends the call of a tool, which was counted when it was sent, at this time. Returns how long it took.
    pub(super) fn finish(
        mut self,
        ended: Instant,
        server: &str,
        tool: &str,
        call: ToolUse,
    ) -> Duration {
        let elapsed = ended.duration_since(self.started);
        let mut entries = self.stats.entries();
        entries.record(server, tool, call, elapsed);
        let place = entries.place(server, tool);
        let (_, used) = &mut entries.tools[place];
        used.unfinished = used.unfinished.saturating_sub(1);
        entries.landed(ended);
        self.landed = true;
        elapsed
    }
}

impl Drop for InFlightCall<'_> {
    fn drop(&mut self) {
        if !self.landed {
            self.stats.entries().landed(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_of_each_tool_in_whatever_order_its_calls_end() {
        let mut entries = Entries::default();
        let one = ToolUse {
            calls: 1,
            ..ToolUse::default()
        };
        for (tool, ms) in [("b", 30), ("a", 7), ("b", 10), ("b", 20)] {
            entries.record("s", tool, one, Duration::from_millis(ms));
        }
        let (tools, _) = CallStats(Mutex::new(entries)).close();
        let of = |tool: &str| {
            let latency = tools[tool].latency;
            [latency.min_ms, latency.median_ms, latency.max_ms]
        };
        assert_eq!(of("s/b"), [10.0, 20.0, 30.0]);
        assert_eq!(of("s/a"), [7.0; 3]);
        assert_eq!(tools["s/b"].calls, 3);
    }
}
