//! The audit log: an append-only log of runs, calls and decisions, as lines of JSON in files of this user's. Each line
//! has the BLAKE3 of the line before, so that [`verify`] finds a changed, missing or moved line. Knows no run, and
//! never stops one.
//!
//! ```no_run
//! use mcp_audit::{Entry, Kept, Log};
//!
//! let log = Log::open("audit".into(), Kept::default());
//! let mut entry = Entry::new("run");
//! entry.run = Some("r_1".to_owned());
//! log.append(entry);
//! log.flush(std::time::Duration::from_secs(2))?;
//! # Ok::<(), mcp_audit::LogError>(())
//! ```

mod append;
mod entry;
mod files;
mod head;
mod line;
mod log;
mod queue;
mod read;
mod recover;
mod verify;

pub use blake3::Hash;
pub use entry::{Entry, LONGEST_ARGUMENTS};
pub use files::{AuditError, Kept};
pub use head::Head;
pub use log::{Log, LogError};
pub use read::{Line, Snapshot};
pub use verify::{Broken, Unfinished, Verified, VerifyError, verify};

/// The digest of no line: the `prev` of the first one.
#[must_use]
pub fn no_line() -> Hash {
    Hash::from_bytes([0; 32])
}
