//! What a skill did, for the assertions of a test.

use crate::contract::bindings::log::Level;

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The server's name; of a typed call, the label in its import.
    pub server: String,
    /// The tool's name; of a typed call, its label.
    pub tool: String,
}

/// An event that the skill logged.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its level.
    pub level: Level,
    /// Its message.
    pub message: String,
    /// Its fields, with values as text.
    pub fields: Vec<(String, String)>,
}
