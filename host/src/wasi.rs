//! The least WASI that a standard library needs: standard streams, coarse clocks, random numbers.
//! No network, no files, no arguments, no environment.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder};

use crate::contract::LogMeter;

mod link;
mod output;

pub(crate) use link::add_to_linker;
pub(crate) use output::Captured;
use output::LineLog;

/// How fine the guest's clocks are: fine enough to date an event, too coarse to time a cache line.
const GRAIN: Duration = Duration::from_millis(1);

/// The most random bytes that one call gives.
const MAX_RANDOM: u64 = 1 << 20;

/// The WASI context of one run, made when the guest first uses it. Most skills import WASI, because their
/// standard library does, and never call it; seeding random numbers for them would cost more than a tool call.
pub(crate) struct Wasi {
    started: Instant,
    streams: Streams,
    log: Arc<LogMeter>,
    context: Option<WasiCtx>,
}

/// What standard input and standard output are. Standard error is always log.
pub(crate) enum Streams {
    /// Of a skill: no input, and output is log.
    Log,
    /// Of an ordinary `main`: it reads the run's input, and writes its result.
    Piped {
        /// What it reads.
        input: Vec<u8>,
        /// What it writes.
        output: Captured,
    },
}

impl Wasi {
    pub(crate) fn new(streams: Streams, log: &Arc<LogMeter>) -> Self {
        Self {
            started: Instant::now(),
            streams,
            log: Arc::clone(log),
            context: None,
        }
    }

    pub(crate) fn context(&mut self) -> &mut WasiCtx {
        self.context
            .get_or_insert_with(|| context(self.started, &self.streams, &self.log))
    }
}

fn context(started: Instant, streams: &Streams, log: &Arc<LogMeter>) -> WasiCtx {
    let mut builder = WasiCtxBuilder::new();
    builder
        .wall_clock(Coarse(started))
        .monotonic_clock(Coarse(started))
        .max_random_size(MAX_RANDOM)
        .allow_ip_name_lookup(false)
        .allow_tcp(false)
        .allow_udp(false)
        .stderr(LineLog::new(Arc::clone(log), "stderr"));
    match streams {
        Streams::Log => {
            builder.stdout(LineLog::new(Arc::clone(log), "stdout"));
        }
        Streams::Piped { input, output } => {
            builder
                .stdin(wasmtime_wasi::p2::pipe::MemoryInputPipe::new(input.clone()))
                .stdout(output.clone());
        }
    }
    builder.build()
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
