//! Why a ledger cannot be used.

use std::path::PathBuf;

use crate::recording::{MAX_BYTES, RecordingError};

/// A ledger that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be read.
    #[error("failed to read ledger `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error("the run is in use by another process; try again when it has ended")]
    InUse,
    /// The file cannot be written.
    #[error("failed to write the ledger")]
    Write(#[from] std::io::Error),
    /// A line is not what was written.
    #[error(
        "line {line} of the ledger was changed after it was written, or a line before it is missing; do not go on from it"
    )]
    Changed {
        /// The line, from 1.
        line: usize,
    },
    /// A line is not one of a ledger.
    #[error("line {line} of the ledger: {why}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Larger than the host reads.
    #[error("the ledger is larger than {} MiB, the most that is read", MAX_BYTES >> 20)]
    TooLarge,
    /// The question is not open.
    #[error("call {n} of the run does not wait for a decision")]
    NotAsked {
        /// The call, from 1.
        n: usize,
    },
    /// The run goes on, or waits for a person.
    #[error(
        "the run is not over, and cannot be replayed yet; `mcp-host runs` says where it stands"
    )]
    NotOver,
    /// The run did not end by itself.
    #[error("the run did not end by itself ({outcome}), and has no end to compare a replay with")]
    GivenUp {
        /// How it ended.
        outcome: String,
    },
    /// Its lines are no recording.
    #[error(transparent)]
    Recording(Box<RecordingError>),
    /// The ledger is one of another skill or script.
    #[error("the run began with another skill or script: its digest is {digest}")]
    OtherSkill {
        /// The digest in the ledger.
        digest: String,
    },
    /// The run is over.
    #[error("the run is over: {outcome}")]
    Ended {
        /// How it ended, by its name in a report.
        outcome: String,
    },
}
