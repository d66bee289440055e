//! Tests that need more than one crate.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod attacks;
mod bindings;
mod cli;
mod compiling;
mod composition;
mod conformance;
mod contract;
mod declarations;
mod docs;
mod embedding;
mod fixtures;
mod floors;
mod functions;
mod hostile;
mod install;
mod languages;
mod lengths;
mod limits;
mod linking;
mod login;
mod paused;
mod policy;
mod recordings;
mod rss;
mod scripts;
mod serve;
mod servers;
mod shapes;
mod sizes;
mod skills;
mod soak;
mod threats;
mod typed;
