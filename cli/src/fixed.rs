//! The options that make a run repeatable.

use std::time::SystemTime;

use clap::Args;
use mcp_host::Determinism;

// `--seed` and `--clock`.
#[derive(Args, Default)]
pub(crate) struct FixedArgs {
    /// Seed all random numbers that the skill gets, so that they are the same in every run.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Stop the skill's wall clock at this time (RFC 3339), for example 2026-01-01T00:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    clock: Option<SystemTime>,
}

impl FixedArgs {
    /// The options, with `there` as the default for those not given.
    pub(crate) fn or(&self, there: Determinism) -> Determinism {
        Determinism {
            seed: self.seed.or(there.seed),
            clock: self.clock.or(there.clock),
        }
    }
}

fn time(text: &str) -> Result<SystemTime, String> {
    humantime::parse_rfc3339_weak(text)
        .map_err(|error| format!("{error}; write for example 2026-01-01T00:00:00Z"))
}
