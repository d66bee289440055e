//! Saved skills: a store of versions that never change, in the layout of agentskills.io.
//!
//! It runs no skill and calls no server.

mod name;

pub use name::{BadName, Name};
