//! What a run may use: the bounds, the profiles that set all of them at once, and the account and the meters that count
//! memory. Fuel, time and calls are enforced where they are used: in `execute` and in `calls`.

mod meter;
mod profile;
mod resolve;
mod unit;

pub(crate) use mcp_codec::account::{
    Account, Charge, DeadlinePassed, OutOfMemory, OwnedCharge, Spend, Stop,
};
pub(crate) use meter::Meter;
pub use profile::{Profile, UnknownProfile};
pub use resolve::{InForce, Origin, Overrides, Setting, resolve};
pub use unit::BadValue;

use std::time::Duration;

use serde::Serialize;
use unit::Unit;

/// The limits of one run. All of them are always on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wasmtime fuel: about one unit for each WebAssembly instruction.
    pub fuel: u64,
    /// Bytes of the run: all linear memories and tables of all its skills, and what the host holds for them.
    pub memory: usize,
    /// Wall clock from instantiation to result, host calls included.
    pub timeout: Duration,
    /// Tool calls, typed and dynamic together, each call of a batch counted.
    pub calls: u32,
    /// Bytes of the skill's result.
    pub output: usize,
    /// Bytes that one host call may copy out of the guest, and bytes of one tool's answer.
    pub transfer: usize,
    /// Resource handles, streams, futures and subtasks alive in the guest at once.
    pub handles: usize,
    /// Core instances of the run.
    pub instances: usize,
    /// Linear memories of the run.
    pub memories: usize,
    /// Tables of the run.
    pub tables: usize,
    /// Elements of one table.
    pub table_elements: usize,
    /// Log lines that are kept; further lines are only counted.
    pub log_lines: u32,
    /// Bytes of all keys and values that the skill may keep in `state`.
    pub state: u64,
    /// Keys that the skill may keep in `state`.
    pub state_keys: u64,
}

impl Default for Limits {
    /// The moderate profile: 256 MiB, 60 s, 1,000 calls.
    fn default() -> Self {
        Profile::default().limits()
    }
}

/// The name of one limit, as in settings files, options and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// [`Limits::fuel`]
    Fuel,
    /// [`Limits::memory`]
    Memory,
    /// [`Limits::timeout`]
    Timeout,
    /// [`Limits::calls`]
    Calls,
    /// [`Limits::output`]
    Output,
    /// [`Limits::transfer`]
    Transfer,
    /// [`Limits::handles`]
    Handles,
    /// [`Limits::instances`]
    Instances,
    /// [`Limits::memories`]
    Memories,
    /// [`Limits::tables`]
    Tables,
    /// [`Limits::table_elements`]
    TableElements,
    /// [`Limits::log_lines`]
    LogLines,
    /// [`Limits::state`]
    State,
    /// [`Limits::state_keys`]
    StateKeys,
}

impl Limit {
    /// All of them, in display order.
    pub const ALL: [Self; 14] = [
        Self::Fuel,
        Self::Memory,
        Self::Timeout,
        Self::Calls,
        Self::Output,
        Self::Transfer,
        Self::Handles,
        Self::Instances,
        Self::Memories,
        Self::Tables,
        Self::TableElements,
        Self::LogLines,
        Self::State,
        Self::StateKeys,
    ];

    /// The key in a settings file: `log-lines`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Timeout => "timeout",
            Self::Calls => "calls",
            Self::Output => "output",
            Self::Transfer => "transfer",
            Self::Handles => "handles",
            Self::Instances => "instances",
            Self::Memories => "memories",
            Self::Tables => "tables",
            Self::TableElements => "table-elements",
            Self::LogLines => "log-lines",
            Self::State => "state",
            Self::StateKeys => "state-keys",
        }
    }

    /// The option of `mcp-host`, without its dashes: `max-log-lines`.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Timeout => "timeout",
            Self::Calls => "max-calls",
            Self::Output => "max-output",
            Self::Transfer => "max-transfer",
            Self::Handles => "max-handles",
            Self::Instances => "max-instances",
            Self::Memories => "max-memories",
            Self::Tables => "max-tables",
            Self::TableElements => "max-table-elements",
            Self::LogLines => "max-log-lines",
            Self::State => "max-state",
            Self::StateKeys => "max-state-keys",
        }
    }

    /// What it limits, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Fuel => "Fuel: about one unit for each WebAssembly instruction",
            Self::Memory => "Memory of the whole run, tables included, for example 64MiB",
            Self::Timeout => {
                "Wall clock of the run, tool calls included, for example 500ms, 30s or 2m"
            }
            Self::Calls => "Tool calls, typed and by name together",
            Self::Output => "Bytes of the result",
            Self::Transfer => "Bytes that one host call takes from the skill, or one tool answers",
            Self::Handles => "Handles, streams, futures and subtasks at once",
            Self::Instances => "Core WebAssembly instances",
            Self::Memories => "Linear memories",
            Self::Tables => "Tables",
            Self::TableElements => "Elements of one table",
            Self::LogLines => "Log lines that are kept; the others are counted",
            Self::State => "Bytes of all keys and values in the skill's state",
            Self::StateKeys => "Keys in the skill's state",
        }
    }

    /// A value as users write it: `128MiB`, `30s`, `5_000_000_000`.
    ///
    /// # Errors
    ///
    /// When the text is not such a value; the error contains an example.
    pub fn parse(self, text: &str) -> Result<u64, BadValue> {
        self.unit().parse(text)
    }

    /// A value as [`Self::parse`] reads it.
    #[must_use]
    pub fn show(self, value: u64) -> String {
        self.unit().show(value)
    }

    /// The placeholder of its value in a help text.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        self.unit().placeholder()
    }

    /// Whether a settings file may give it as a plain number.
    pub(crate) fn takes_numbers(self) -> bool {
        self.unit() != Unit::Time
    }

    fn unit(self) -> Unit {
        match self {
            Self::Memory | Self::Output | Self::Transfer | Self::State => Unit::Bytes,
            Self::Timeout => Unit::Time,
            Self::Fuel
            | Self::Calls
            | Self::Handles
            | Self::Instances
            | Self::Memories
            | Self::Tables
            | Self::TableElements
            | Self::LogLines
            | Self::StateKeys => Unit::Count,
        }
    }
}

impl Limits {
    /// One limit as a number: bytes, milliseconds or a count.
    #[must_use]
    pub fn get(&self, limit: Limit) -> u64 {
        match limit {
            Limit::Fuel => self.fuel,
            Limit::Memory => self.memory as u64,
            Limit::Timeout => unit::millis(self.timeout),
            Limit::Calls => u64::from(self.calls),
            Limit::Output => self.output as u64,
            Limit::Transfer => self.transfer as u64,
            Limit::Handles => self.handles as u64,
            Limit::Instances => self.instances as u64,
            Limit::Memories => self.memories as u64,
            Limit::Tables => self.tables as u64,
            Limit::TableElements => self.table_elements as u64,
            Limit::LogLines => u64::from(self.log_lines),
            Limit::State => self.state,
            Limit::StateKeys => self.state_keys,
        }
    }

    /// Sets one limit. A number that the field's type cannot hold becomes the type's maximum, which no run can reach
    /// anyway.
    pub fn set(&mut self, limit: Limit, value: u64) {
        let size = usize::try_from(value).unwrap_or(usize::MAX);
        let count = u32::try_from(value).unwrap_or(u32::MAX);
        match limit {
            Limit::Fuel => self.fuel = value,
            Limit::Memory => self.memory = size,
            Limit::Timeout => self.timeout = Duration::from_millis(value),
            Limit::Calls => self.calls = count,
            Limit::Output => self.output = size,
            Limit::Transfer => self.transfer = size,
            Limit::Handles => self.handles = size,
            Limit::Instances => self.instances = size,
            Limit::Memories => self.memories = size,
            Limit::Tables => self.tables = size,
            Limit::TableElements => self.table_elements = size,
            Limit::LogLines => self.log_lines = count,
            Limit::State => self.state = value,
            Limit::StateKeys => self.state_keys = value,
        }
    }
}

#[cfg(test)]
#[path = "limits/tests.rs"]
mod tests;
