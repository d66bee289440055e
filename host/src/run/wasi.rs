//! The minimal WASI that a standard library needs: standard streams, coarse clocks, random numbers, and for a program
//! the granted directories. No network, no other files, no arguments, no environment.

use std::sync::Arc;
use std::time::Instant;

use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use crate::rules::determinism::Determinism;
use crate::run::Usage;
use crate::run::call_log::CallLog;

mod clocks;
mod held;
mod output;
mod random;

use clocks::{Coarse, Standing, Stepping};
pub(crate) use held::{Held, Listings};
pub(crate) use output::Captured;
use output::LineLog;
use random::Seeded;

/// The most random bytes that one call returns.
const MAX_RANDOM: u64 = 1 << 20;

/// The WASI context of one run, made when the guest first uses it. Most skills import WASI, because their
/// standard library does, and never call it; seeding random numbers for them would cost more than a tool call.
pub(crate) struct Wasi {
    started: Instant,
    fixed: Determinism,
    streams: Streams,
    context: Option<Box<WasiCtx>>,
    listings: Listings,
}

/// Standard input and standard output. Standard error always goes to the log.
pub(crate) enum Streams {
    /// For a skill: no input, and output goes to the log.
    Log,
    /// For an ordinary `main`: it reads the run's input, and writes its result.
    Piped {
        /// What it reads.
        input: Vec<u8>,
        /// What it writes.
        output: Captured,
    },
}

impl Wasi {
    pub(crate) fn new(started: Instant, streams: Streams, fixed: Determinism) -> Self {
        Self {
            started,
            fixed,
            streams,
            context: None,
            listings: Listings::default(),
        }
    }

    /// What the lists of directories take.
    pub(crate) fn listings(&self) -> Listings {
        Arc::clone(&self.listings)
    }

    /// Whether the guest is an ordinary program, which has its grants from WASI.
    pub(crate) fn is_program(&self) -> bool {
        matches!(self.streams, Streams::Piped { .. })
    }

    /// Counts what the guest prints.
    pub(crate) fn context(
        &mut self,
        usage: &Arc<Usage>,
        call_log: Option<&Arc<CallLog>>,
    ) -> &mut WasiCtx {
        self.context.get_or_insert_with(|| {
            let log = |stream| LineLog::new(usage, call_log, stream);
            Box::new(context(self.started, self.fixed, &self.streams, log))
        })
    }
}

fn context(
    started: Instant,
    fixed: Determinism,
    streams: &Streams,
    log: impl Fn(&'static str) -> LineLog,
) -> WasiCtx {
    let mut builder = WasiCtxBuilder::new();
    builder
        .max_random_size(MAX_RANDOM)
        .allow_ip_name_lookup(false)
        .allow_tcp(false)
        .allow_udp(false)
        .stderr(log("stderr"));
    match fixed.clock {
        None => builder
            .wall_clock(Coarse(started))
            .monotonic_clock(Coarse(started)),
        Some(time) => builder
            .wall_clock(Standing(time))
            .monotonic_clock(Stepping::default()),
    };
    if let Some(seed) = fixed.seed {
        builder
            .secure_random(Seeded::new(seed, "random"))
            .insecure_random(Seeded::new(seed, "insecure"))
            .insecure_random_seed(u128::from_le_bytes(
                Seeded::new(seed, "insecure-seed").bytes(),
            ));
    }
    match streams {
        Streams::Log => {
            builder.stdout(log("stdout"));
        }
        Streams::Piped { input, output } => {
            builder
                .stdin(wasmtime_wasi::p2::pipe::MemoryInputPipe::new(input.clone()))
                .stdout(output.clone());
        }
    }
    builder.build()
}
