//! Why a recording cannot be used.

use super::format::{MAX_BYTES, MAX_WEIGHT, VERSION};

/// A recording that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("failed to read recording `{}`", path.display())]
    Read {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: mcp_bridge::NamedFileError,
    },
    /// Not what `--record` writes.
    #[error("line {line} of the recording: {why}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The first line is of another format.
    #[error("the recording has format {found}; this host reads format {VERSION}")]
    Version {
        /// The format in the file.
        found: u32,
    },
    /// The last line is missing.
    #[error(
        "the recording is cut off in or after line {lines}: it has no `end` line; record the run again"
    )]
    CutOff {
        /// Lines that are there.
        lines: usize,
    },
    /// Larger than the host reads.
    #[error("the recording is larger than {} MiB, the most that is read; record a shorter run", MAX_BYTES >> 20)]
    TooLarge,
    /// Its values would take more memory than the reader allows.
    #[error(
        "line {line} of the recording: with it, what was recorded takes more than {} MiB of memory; record a run that asks for less",
        MAX_WEIGHT >> 20
    )]
    TooHeavy {
        /// The first line over the limit, from 1.
        line: usize,
    },
    /// Starts and answers have an impossible order.
    #[error("call {n} of the recording is out of order: {why}; record the run again")]
    Order {
        /// The call, from 1.
        n: usize,
        /// What is wrong with its numbers.
        why: String,
    },
    /// The hash in the last line is not that of the lines before it.
    #[error(
        "the recording was changed after it was written: its hash does not fit; record the run again"
    )]
    Changed,
    /// The skill imports a tool that the recorded skill did not.
    #[error(
        "the recording does not know the type of tool `{tool}` of server `{server}`, which this skill imports; \
         record a run of this skill"
    )]
    NotRecorded {
        /// The server's label in the import.
        server: String,
        /// The function's label.
        tool: String,
    },
}
