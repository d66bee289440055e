//! The least WASI that a standard library needs: standard streams, coarse clocks, random numbers.
//! No network, no files, no arguments, no environment.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder};

use crate::contract::LogMeter;
use crate::skill::Entry;

mod output;

pub(crate) use output::Captured;
use output::LineLog;

/// How fine the guest's clocks are: fine enough to date an event, too coarse to time a cache line.
const GRAIN: Duration = Duration::from_millis(1);

/// The most random bytes that one call gives.
const MAX_RANDOM: u64 = 1 << 20;

/// The WASI context of one run, and the result of a `wasi:cli/run` skill as it grows.
///
/// An ordinary `main` reads the input from standard input and writes the result to standard output; of
/// any other skill, standard output is log. Standard error always is.
pub(crate) fn context(
    entry: &Entry,
    input: &str,
    output: usize,
    log: &Arc<LogMeter>,
) -> (WasiCtx, Captured) {
    let captured = Captured::new(output);
    let mut builder = WasiCtxBuilder::new();
    builder
        .wall_clock(Coarse(Instant::now()))
        .monotonic_clock(Coarse(Instant::now()))
        .max_random_size(MAX_RANDOM)
        .allow_ip_name_lookup(false)
        .allow_tcp(false)
        .allow_udp(false)
        .stderr(LineLog::new(Arc::clone(log), "stderr"));
    match entry {
        Entry::Command(_) => {
            builder
                .stdin(wasmtime_wasi::p2::pipe::MemoryInputPipe::new(
                    input.as_bytes().to_vec(),
                ))
                .stdout(captured.clone());
        }
        Entry::Skill => {
            builder.stdout(LineLog::new(Arc::clone(log), "stdout"));
        }
    }
    (builder.build(), captured)
}

/// A clock that advances a millisecond at a time. Holds the start of the run.
struct Coarse(Instant);

impl HostWallClock for Coarse {
    fn resolution(&self) -> Duration {
        GRAIN
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }
}

impl HostMonotonicClock for Coarse {
    fn resolution(&self) -> u64 {
        nanos(GRAIN)
    }

    fn now(&self) -> u64 {
        let elapsed = nanos(self.0.elapsed());
        elapsed - elapsed % nanos(GRAIN)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
