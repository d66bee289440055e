//! Everything that takes more than one crate to show.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cli;
mod contract;
mod limits;
mod servers;
mod typed;
