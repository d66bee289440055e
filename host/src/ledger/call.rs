//! One call of a ledger, for people and for reports. Its arguments are read when they are asked for.

use serde_json::Value;

use super::book::Ledger;
use super::decision::Decided;
use super::entry::Entry;

/// A call in a ledger.
#[derive(Clone, Copy)]
pub struct LedgerCall<'a> {
    pub(super) entry: &'a Entry,
    pub(super) ledger: &'a Ledger,
}

impl Ledger {
    /// Each call that was made so far, in order.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = LedgerCall<'_>> {
        let calls = self.calls.iter();
        calls.map(|entry| LedgerCall {
            entry,
            ledger: self,
        })
    }

    /// The calls about which it asks. Reads no arguments.
    pub fn open_calls(&self) -> impl Iterator<Item = LedgerCall<'_>> {
        let is_over = self.outcome().is_some();
        let open = self
            .calls
            .iter()
            .filter(move |entry| !is_over && entry.is_open());
        open.map(|entry| LedgerCall {
            entry,
            ledger: self,
        })
    }
}

impl<'a> LedgerCall<'a> {
    /// The function: `tool`, `read-file` and so on.
    #[must_use]
    pub fn function(&self) -> &'a str {
        &self.entry.function
    }

    /// What it calls, as one line that is safe to show: as the question about it has it.
    #[must_use]
    pub fn name(&self, between: char) -> String {
        let of = (self.function(), self.server(), self.tool());
        super::decision::name(of, between)
    }

    /// The server, of a call of a tool.
    #[must_use]
    pub fn server(&self) -> &'a str {
        &self.entry.server
    }

    /// The tool, of a call of a tool.
    #[must_use]
    pub fn tool(&self) -> &'a str {
        &self.entry.tool
    }

    /// The arguments, of a call of a tool.
    #[must_use]
    pub fn arguments(&self) -> Option<&'a Value> {
        let read = || self.ledger.call(self.entry)?.shift_remove("arguments");
        self.entry.arguments.get_or_init(read).as_ref()
    }

    /// The number of the event at which it began.
    #[must_use]
    pub fn began(&self) -> u64 {
        self.entry.began
    }

    /// The number of the event at which its answer came; `None` if none came.
    #[must_use]
    pub fn ended(&self) -> Option<u64> {
        self.entry.answer.as_ref().map(|answer| answer.ended)
    }

    /// Whether it left for its server.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.entry.sent
    }

    /// Whether it may have changed something: it left, and its server does not say that the tool only reads.
    #[must_use]
    pub fn may_have_changed(&self) -> bool {
        let hints = self.ledger.hints(self.server(), self.tool());
        self.entry.may_have_changed(hints.read_only())
    }

    /// The rule that asked for a decision, if one did.
    #[must_use]
    pub fn asked(&self) -> Option<&'a str> {
        self.entry.asks.as_deref()
    }

    /// What a person decided.
    #[must_use]
    pub fn decided(&self) -> Option<&'a Decided> {
        self.entry.decided.as_ref()
    }

    /// Whether its answer is an error.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.entry
            .answer
            .as_ref()
            .is_some_and(|answer| answer.is_error)
    }
}
