//! One host call of a ledger, and what a person allowed beyond it. Its arguments and its answer stay in the file: an
//! entry says where they are.

use std::sync::OnceLock;

use serde_json::Value;

use super::decision::{Decided, DriftedTool, Scope};
use super::file::Part;
use crate::recording::Timed;

/// What an entry takes besides its texts, in bytes.
const ENTRY: usize = size_of::<Entry>();

/// One host call.
pub(crate) struct Entry {
    pub(crate) n: usize,
    /// The function: `tool`, `read-file` and so on.
    pub(crate) function: Box<str>,
    /// Of a call of a tool.
    pub(crate) server: Box<str>,
    pub(crate) tool: Box<str>,
    /// The line with the call.
    pub(crate) start: Part,
    /// The number of the event at which it began.
    pub(crate) began: u64,
    /// The line with its answer.
    pub(crate) answer: Option<Answer>,
    /// Why it waits for a decision, or waited for one.
    pub(crate) asks: Option<String>,
    /// Its tool is not as it was pinned.
    pub(crate) drift: Option<DriftedTool>,
    /// A decision for the rest of the run covers it.
    pub(crate) covered: bool,
    /// The policy denied it before it left.
    pub(crate) refused: bool,
    pub(crate) decided: Option<Decided>,
    /// How often a person decided.
    pub(crate) decisions: u32,
    /// The decision was not used yet.
    pub(crate) is_decided: bool,
    /// It left for its server.
    pub(crate) sent: bool,
    /// The guest dropped it, and wants no answer.
    pub(crate) dropped: bool,
    /// Its arguments, once a reader of the ledger wants them.
    pub(super) arguments: OnceLock<Option<Value>>,
}

/// Where the answer of a call is, and what it is.
pub(crate) struct Answer {
    pub(crate) line: Part,
    /// The number of the event at which it came.
    pub(crate) ended: u64,
    /// Bytes of what the guest got, as JSON.
    pub(crate) bytes: usize,
    /// It is an error.
    pub(crate) is_error: bool,
    /// The host refused the call: no server has seen it.
    pub(crate) is_refusal: bool,
}

/// So many more calls of a tool need no further question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunGrant {
    pub(crate) server: String,
    pub(crate) tool: String,
    /// The hash of the definition that was accepted with it, if the tool is not as it was pinned.
    pub(crate) definition: Option<String>,
    pub(crate) left: u32,
}

impl RunGrant {
    /// Adds what a decision allows beyond the call that was asked about. Decisions about several calls of a tool allow
    /// no more calls than the widest of them.
    pub(super) fn add(grants: &mut Vec<Self>, decided: &Decided, entry: &Entry) {
        let Scope::Run { more } = decided.scope else {
            return;
        };
        if !decided.allow || &*entry.function != "tool" {
            return;
        }
        let definition = definition(entry.drift.as_ref());
        let same = grants.iter_mut().find(|grant| {
            let is_of = *grant.server == *entry.server && *grant.tool == *entry.tool;
            is_of && grant.definition.as_deref() == definition
        });
        match same {
            Some(grant) => grant.left = grant.left.max(more),
            None => grants.push(Self {
                server: entry.server.to_string(),
                tool: entry.tool.to_string(),
                definition: definition.map(str::to_owned),
                left: more,
            }),
        }
    }

    /// One that covers a further call of this tool, with the definition that it has now.
    pub(crate) fn covering<'a>(
        grants: &'a mut [Self],
        (server, tool): (&str, &str),
        drift: Option<&DriftedTool>,
    ) -> Option<&'a mut Self> {
        grants.iter_mut().find(|grant| {
            let is_of = grant.server == server && grant.tool == tool;
            // Without a drift, the tool is as the user pinned it, whatever it was when the question came.
            let is_known = drift.is_none() || grant.definition.as_deref() == definition(drift);
            grant.left > 0 && is_of && is_known
        })
    }
}

fn definition(drift: Option<&DriftedTool>) -> Option<&str> {
    drift.map(|drift| drift.definition.as_str())
}

/// Functions that may be called a second time without another effect.
const REPEATABLE: [&str; 8] = [
    "read-file",
    "list-dir",
    "write-file",
    "state-get",
    "state-set",
    "state-list-keys",
    "sleep",
    "log",
];

/// Functions of the contract that change files or the state.
const CHANGING: [&str; 4] = [
    "write-file",
    "state-set",
    "state-delete",
    "state-compare-and-swap",
];

impl Entry {
    /// The call in words: `tool server/tool`, or another function.
    pub(crate) fn name(&self) -> String {
        match &*self.function {
            "tool" => format!("tool {}/{}", self.server, self.tool),
            function => function.to_owned(),
        }
    }

    /// Whether a person has to decide about this call.
    pub(super) fn is_open(&self) -> bool {
        let is_settled = self.answer.is_some() || self.is_decided || self.dropped || self.refused;
        let by_policy = self.asks.is_some() && !self.sent;
        !is_settled && (by_policy || !self.is_repeatable())
    }

    /// Whether a rule allowed the call, and no person.
    pub(crate) fn was_allowed(&self) -> bool {
        self.sent && self.asks.is_none() && !self.covered
    }

    /// Whether the call may be made a second time without another effect.
    pub(crate) fn is_repeatable(&self) -> bool {
        REPEATABLE.contains(&&*self.function)
    }

    /// Whether it may have changed something. `reads`: its server says that the tool only reads.
    pub(super) fn may_have_changed(&self, reads: bool) -> bool {
        let is_refused = self.answer.as_ref().is_some_and(|answer| answer.is_refusal);
        let changes = match &*self.function {
            "tool" => !reads,
            function => CHANGING.contains(&function),
        };
        self.sent && !is_refused && changes
    }

    pub(super) fn timed(&self) -> Timed {
        Timed {
            n: self.n,
            began: Some(self.began),
            ended: self.answer.as_ref().map(|answer| answer.ended),
            is_answered: self.answer.is_some(),
        }
    }

    /// What it takes in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let because = |decided: &Decided| decided.because.as_ref().map_or(0, String::len);
        ENTRY
            + self.function.len()
            + self.server.len()
            + self.tool.len()
            + self.asks.as_ref().map_or(0, String::len)
            + self.decided.as_ref().map_or(0, because)
            + self.drift.as_ref().map_or(0, |drift| drift.diff.len())
    }
}
