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

impl Limits {
    /// What is left of these limits after a part of the time and of the fuel was used.
    #[must_use]
    pub fn after(&self, time: Duration, fuel: u64) -> Self {
        Self {
            timeout: self.timeout.saturating_sub(time),
            fuel: self.fuel.saturating_sub(fuel),
            ..self.clone()
        }
    }
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

/// Everything about one limit but its values, which are in `profile.rs`.
struct Row {
    limit: Limit,
    /// The option of `mcp-host`. Without `max-`, it is the key in a settings file.
    option: &'static str,
    unit: Unit,
    meaning: &'static str,
    get: fn(&Limits) -> u64,
    set: fn(&mut Limits, u64),
}

/// All limits, in display order, which is that of [`Limit`].
const TABLE: [Row; 14] = [
    Row {
        limit: Limit::Fuel,
        option: "fuel",
        unit: Unit::Count,
        meaning: "Fuel: about one unit for each WebAssembly instruction",
        get: |limits| limits.fuel,
        set: |limits, value| limits.fuel = value,
    },
    Row {
        limit: Limit::Memory,
        option: "memory",
        unit: Unit::Bytes,
        meaning: "Memory of the whole run, tables included, for example 64MiB",
        get: |limits| limits.memory as u64,
        set: |limits, value| limits.memory = size(value),
    },
    Row {
        limit: Limit::Timeout,
        option: "timeout",
        unit: Unit::Time,
        meaning: "Wall clock of the run, tool calls included, for example 500ms, 30s or 2m",
        get: |limits| unit::millis(limits.timeout),
        set: |limits, value| limits.timeout = Duration::from_millis(value),
    },
    Row {
        limit: Limit::Calls,
        option: "max-calls",
        unit: Unit::Count,
        meaning: "Tool calls, typed and by name together",
        get: |limits| u64::from(limits.calls),
        set: |limits, value| limits.calls = count(value),
    },
    Row {
        limit: Limit::Output,
        option: "max-output",
        unit: Unit::Bytes,
        meaning: "Bytes of the result",
        get: |limits| limits.output as u64,
        set: |limits, value| limits.output = size(value),
    },
    Row {
        limit: Limit::Transfer,
        option: "max-transfer",
        unit: Unit::Bytes,
        meaning: "Bytes that one host call takes from the skill, or one tool answers",
        get: |limits| limits.transfer as u64,
        set: |limits, value| limits.transfer = size(value),
    },
    Row {
        limit: Limit::Handles,
        option: "max-handles",
        unit: Unit::Count,
        meaning: "Handles, streams, futures and subtasks at once",
        get: |limits| limits.handles as u64,
        set: |limits, value| limits.handles = size(value),
    },
    Row {
        limit: Limit::Instances,
        option: "max-instances",
        unit: Unit::Count,
        meaning: "Core WebAssembly instances",
        get: |limits| limits.instances as u64,
        set: |limits, value| limits.instances = size(value),
    },
    Row {
        limit: Limit::Memories,
        option: "max-memories",
        unit: Unit::Count,
        meaning: "Linear memories",
        get: |limits| limits.memories as u64,
        set: |limits, value| limits.memories = size(value),
    },
    Row {
        limit: Limit::Tables,
        option: "max-tables",
        unit: Unit::Count,
        meaning: "Tables",
        get: |limits| limits.tables as u64,
        set: |limits, value| limits.tables = size(value),
    },
    Row {
        limit: Limit::TableElements,
        option: "max-table-elements",
        unit: Unit::Count,
        meaning: "Elements of one table",
        get: |limits| limits.table_elements as u64,
        set: |limits, value| limits.table_elements = size(value),
    },
    Row {
        limit: Limit::LogLines,
        option: "max-log-lines",
        unit: Unit::Count,
        meaning: "Log lines that are kept; the others are counted",
        get: |limits| u64::from(limits.log_lines),
        set: |limits, value| limits.log_lines = count(value),
    },
    Row {
        limit: Limit::State,
        option: "max-state",
        unit: Unit::Bytes,
        meaning: "Bytes of all keys and values in the skill's state",
        get: |limits| limits.state,
        set: |limits, value| limits.state = value,
    },
    Row {
        limit: Limit::StateKeys,
        option: "max-state-keys",
        unit: Unit::Count,
        meaning: "Keys in the skill's state",
        get: |limits| limits.state_keys,
        set: |limits, value| limits.state_keys = value,
    },
];

// A row is found by the number of its limit.
const _: () = {
    let mut at = 0;
    while at < TABLE.len() {
        assert!(TABLE[at].limit as usize == at, "a row is not at its place");
        at += 1;
    }
};

/// The maximum of the type where it cannot hold the value: no run can reach that anyway.
fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// As [`size`].
fn count(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Limit {
    /// All of them, in display order.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::Fuel; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].limit;
            at += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        const ROWS: &[Row] = &TABLE;
        &ROWS[self as usize]
    }

    /// The key in a settings file: `log-lines`.
    #[must_use]
    pub fn key(self) -> &'static str {
        let option = self.option();
        option.strip_prefix("max-").unwrap_or(option)
    }

    /// The option of `mcp-host`, without its dashes: `max-log-lines`.
    #[must_use]
    pub fn option(self) -> &'static str {
        self.row().option
    }

    /// What it limits, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// A value as users write it: `128MiB`, `30s`, `5_000_000_000`.
    ///
    /// # Errors
    ///
    /// When the text is not such a value; the error contains an example.
    pub fn parse(self, text: &str) -> Result<u64, BadValue> {
        self.row().unit.parse(text)
    }

    /// A value as [`Self::parse`] reads it.
    #[must_use]
    pub fn show(self, value: u64) -> String {
        self.row().unit.show(value)
    }

    /// The placeholder of its value in a help text.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        self.row().unit.placeholder()
    }

    /// Whether a settings file may give it as a plain number.
    pub(crate) fn takes_numbers(self) -> bool {
        self.row().unit != Unit::Time
    }
}

impl Limits {
    /// One limit as a number: bytes, milliseconds or a count.
    #[must_use]
    pub fn get(&self, limit: Limit) -> u64 {
        (limit.row().get)(self)
    }

    /// Sets one limit. A number that the field's type cannot hold becomes the type's maximum, which no run can reach
    /// anyway.
    pub fn set(&mut self, limit: Limit, value: u64) {
        (limit.row().set)(self, value);
    }
}

#[cfg(test)]
#[path = "limits/tests.rs"]
mod tests;
