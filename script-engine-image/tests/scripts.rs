//! Scripts in the real engine, with tools of this test.

#![allow(clippy::print_stdout, reason = "the figures are for people")]

#[path = "scripts/conformance.rs"]
mod conformance;
#[path = "scripts/files.rs"]
mod files;
#[path = "scripts/harness.rs"]
mod harness;
#[path = "scripts/hostile.rs"]
mod hostile;
#[path = "scripts/interfaces.rs"]
mod interfaces;
#[path = "scripts/measure.rs"]
mod measure;
#[path = "scripts/prelude.rs"]
mod prelude;
#[path = "scripts/replaced.rs"]
mod replaced;
#[path = "scripts/results.rs"]
mod results;
