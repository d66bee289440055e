//! One host call of a ledger, and what a person allowed beyond it.

use serde_json::Value;

use super::decision::{Decided, DriftedTool, Question, QuestionKind, Scope};
use crate::recording::Line;

/// One host call.
pub(crate) struct Entry {
    pub(crate) line: Line,
    /// Why it waits for a decision, or waited for one.
    pub(crate) asks: Option<String>,
    /// Its tool is not as it was pinned.
    pub(crate) drift: Option<DriftedTool>,
    /// A decision for the rest of the run covered it.
    pub(crate) covered: bool,
    pub(crate) decided: Option<Decided>,
    /// The decision was not used yet.
    pub(crate) is_decided: bool,
    /// It left for its server.
    pub(crate) sent: bool,
    /// The guest dropped it, and wants no answer.
    pub(crate) dropped: bool,
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
    /// What a decision allows beyond the call that was asked about.
    pub(super) fn of(decided: &Decided, question: &Question) -> Option<Self> {
        match decided.scope {
            Scope::Run { more } if decided.allow && question.function == "tool" => Some(Self {
                server: question.server.clone(),
                tool: question.tool.clone(),
                definition: definition(question.drift.as_ref()).map(str::to_owned),
                left: more,
            }),
            Scope::Run { .. } | Scope::Once => None,
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

impl Entry {
    /// What a person has to decide about this call.
    pub(super) fn question(&self) -> Option<Question> {
        if self.line.answer.is_some() || self.is_decided || self.dropped {
            return None;
        }
        let kind = match &self.asks {
            Some(rule) if !self.sent => QuestionKind::Policy { rule: rule.clone() },
            _ if self.is_repeatable() => return None,
            _ => QuestionKind::Unanswered,
        };
        let function = self.field("call");
        Some(Question {
            n: self.line.n,
            server: self.field("server").to_owned(),
            tool: self.field("tool").to_owned(),
            arguments: match self.line.call.get("arguments") {
                Some(arguments) if function == "tool" => arguments.clone(),
                _ => Value::Object(self.line.call.clone()),
            },
            function: function.to_owned(),
            kind,
            drift: self.drift.clone(),
        })
    }

    /// Whether a rule allowed the call, and no person.
    pub(crate) fn was_allowed(&self) -> bool {
        self.sent && self.asks.is_none() && !self.covered
    }

    /// Whether the call may be made a second time without another effect.
    pub(crate) fn is_repeatable(&self) -> bool {
        REPEATABLE.contains(&self.field("call"))
    }

    pub(super) fn field(&self, name: &str) -> &str {
        let value = self.line.call.get(name);
        value.and_then(Value::as_str).unwrap_or_default()
    }
}
