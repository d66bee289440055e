//! What an observer of runs is given, as it happens: the start of a run, each of its calls, and its end. Keeps nothing,
//! and decides nothing.
//!
//! ```
//! use std::sync::Arc;
//! use mcp_host::{CallOver, CallStarted, Observer, RunEnd, RunEvents, RunStarted};
//!
//! struct Stderr;
//!
//! impl Observer for Stderr {
//!     fn started(&self, run: &RunStarted<'_>) -> Result<Arc<dyn RunEvents>, String> {
//!         eprintln!("{} runs", run.digest);
//!         Ok(Arc::new(Self))
//!     }
//! }
//!
//! impl RunEvents for Stderr {
//!     fn sending(&self, call: &CallStarted<'_>) {
//!         eprintln!("{}/{} is called", call.server, call.tool);
//!     }
//!     fn called(&self, call: &CallOver<'_>) {
//!         eprintln!("{}/{}: {}", call.server, call.tool, call.outcome);
//!     }
//!     fn ended(&self, _end: &RunEnd<'_>) {}
//! }
//! ```

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use mcp_bridge::JsonObject;

use crate::component::digest::Digest;
use crate::report::Report;

/// Observes the runs of a linked skill: see [`Linked::observe`](crate::Linked::observe). A replay is not observed: it
/// calls no server.
pub trait Observer: Send + Sync {
    /// A run begins. The host gives its calls and its end to the result.
    ///
    /// # Errors
    ///
    /// Why the run must not begin. Nothing of the guest has run then.
    fn started(&self, run: &RunStarted<'_>) -> Result<Arc<dyn RunEvents>, String>;
}

/// Observes one run. The host calls these functions on the threads of runs: they must not wait.
pub trait RunEvents: Send + Sync {
    /// The host is about to send a call. The call waits for this function.
    fn sending(&self, call: &CallStarted<'_>);

    /// A call is over: it was answered, the host refused it, or the run ended without its answer.
    fn called(&self, call: &CallOver<'_>);

    /// The run is over. The host calls this once, after all others.
    fn ended(&self, end: &RunEnd<'_>);
}

/// The start of a run.
#[derive(Debug, Clone, Copy)]
pub struct RunStarted<'a> {
    /// The digest of the component, or of the script.
    pub digest: &'a Digest,
    /// Whether it is a script.
    pub is_script: bool,
    /// Whether it goes on from its ledger: with what an earlier part of it did.
    pub is_resumed: bool,
}

/// What decided about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallDecision {
    /// The policy allows it, or there is none.
    Allow,
    /// Policy, a grant or a pin refuses it.
    Deny,
    /// The policy asked, and the user allowed it.
    Approved,
    /// The policy asked, and the user refused it.
    Denied,
}

impl CallDecision {
    /// Its name: `allow`, `deny`, `approved` or `denied`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Approved => "approved",
            Self::Denied => "denied",
        }
    }
}

/// A call that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct CallStarted<'a> {
    /// The number of the call within its run, from 1. A call that the host refuses has a number too. In a run with a
    /// ledger, it is the number of the call there, which counts timers, files and lines of the log too.
    pub number: u32,
    /// The server's name in the configuration.
    pub server: &'a str,
    /// The tool's own name.
    pub tool: &'a str,
    /// Whether the server says that the tool only reads.
    pub read_only: bool,
    /// [`CallDecision::Allow`] or [`CallDecision::Approved`].
    pub decision: CallDecision,
    /// The words of the rule that allows it, or because of which the user was asked.
    pub rule: Option<&'a str>,
    /// Bytes of the arguments, as JSON.
    pub bytes_in: u64,
    /// The arguments.
    pub arguments: CallArguments<'a>,
}

/// A call that is over.
#[derive(Debug, Clone, Copy)]
pub struct CallOver<'a> {
    /// The number of the call, as when it was sent; 0 for a call that a run with a ledger refused before it was in it.
    pub number: u32,
    /// The server's name in the configuration. Where the host refuses a call by name, it is what the guest wrote.
    pub server: &'a str,
    /// The tool's own name, or what the guest wrote.
    pub tool: &'a str,
    /// What decided about it.
    pub decision: CallDecision,
    /// The words of the rule that decided, where one did.
    pub rule: Option<&'a str>,
    /// `ok`; `tool-error` for a response with `isError`; `unanswered` where the run ended before the response;
    /// `not-sent` where the run had no memory or time for the call; otherwise a case of the contract's `tool-error`.
    pub outcome: &'static str,
    /// Whether the response came from the response cache, so that the server saw no call.
    pub from_cache: bool,
    /// Bytes of the arguments, as JSON; 0 where the host did not read them.
    pub bytes_in: u64,
    /// Bytes of the response, as JSON: of what the guest gets.
    pub bytes_out: u64,
    /// From the admission of the call to its end.
    pub elapsed: Duration,
}

/// The end of a run.
#[derive(Debug, Clone, Copy)]
pub enum RunEnd<'a> {
    /// The run has a report.
    Reported(&'a Report),
    /// The host failed.
    HostFault,
    /// The caller dropped the run.
    Dropped,
}

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub enum CallArguments<'a> {
    /// An object.
    Object(&'a JsonObject),
    /// The text of an object.
    Text(&'a str),
}

impl CallArguments<'_> {
    /// The first bytes of the arguments as JSON text, at most `most`.
    #[must_use]
    pub fn start(&self, most: usize) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes()[..text.len().min(most)].to_vec(),
            Self::Object(object) => {
                let mut start = Start {
                    bytes: Vec::new(),
                    room: most,
                };
                // It ends with an error where the room does.
                let _ = serde_json::to_writer(&mut start, object);
                start.bytes
            }
        }
    }
}

/// Takes bytes until its room is full.
struct Start {
    bytes: Vec<u8>,
    room: usize,
}

impl Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        // `write_all` makes an error of 0.
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_arguments_ends_where_its_room_does() {
        let mut object = JsonObject::new();
        object.insert("text".to_owned(), "x".repeat(1_000).into());
        let whole = serde_json::to_vec(&object).unwrap_or_default();
        let arguments = CallArguments::Object(&object);
        assert_eq!(arguments.start(20), whole[..20]);
        assert_eq!(arguments.start(5_000), whole);
        assert_eq!(CallArguments::Text("{\"a\":1}").start(3), b"{\"a");
    }
}
