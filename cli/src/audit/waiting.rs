//! Makes entries of what happens to a run while it waits for its user: what is asked, what the user decides, and that
//! the wait is over. Decides nothing.

use mcp_audit::{Entry, LONGEST_ARGUMENTS};
use mcp_host::{Channel, Decided, Question, QuestionKind, Scope, WaitEvent};
use mcp_serve::Asked;

use super::record::{Auditor, BEYOND, user};

impl Auditor {
    /// What happens to a run while no part of it goes on.
    pub(crate) fn waiting(self, asked: &Asked, event: WaitEvent<'_>) {
        let entry = |kind| Entry {
            run: Some(asked.run.clone()),
            ..Entry::new(kind)
        };
        let _ = self.put_now(match event {
            WaitEvent::Asked(question) => Entry {
                decision: Some("ask".into()),
                arguments: self.shown(question),
                ..about(question, entry("ask"))
            },
            WaitEvent::Decided {
                question,
                decided,
                channel,
            } => about(question, {
                let by = self.asked("decision", asked, "");
                decision(decided, channel, Entry { by: None, ..by })
            }),
            WaitEvent::Allowed { rule } => Entry {
                user: Some(user().to_owned()),
                decision: Some("allow".into()),
                rule: Some(rule.to_owned()),
                ..entry("rule")
            },
            WaitEvent::Expired => entry("expire"),
            WaitEvent::Cancelled => Entry {
                user: Some(user().to_owned()),
                ..entry("cancel")
            },
        });
    }

    /// The arguments of a question, where the settings want them.
    fn shown(self, question: &Question) -> Option<String> {
        self.settings.arguments.then(|| {
            let mut text = question.arguments.to_string().into_bytes();
            text.truncate(LONGEST_ARGUMENTS + BEYOND);
            String::from_utf8_lossy(&text).into_owned()
        })
    }
}

/// An entry about the call of a question.
fn about(question: &Question, entry: Entry) -> Entry {
    let is_tool = question.function == "tool";
    let rule = match &question.kind {
        QuestionKind::Policy { rule } => rule.clone(),
        QuestionKind::Unanswered => "it was sent, and its answer was lost".to_owned(),
    };
    Entry {
        call: u32::try_from(question.n).ok(),
        server: is_tool.then(|| question.server.clone()),
        tool: match is_tool {
            true => Some(question.tool.clone()),
            false => Some(question.function.clone()),
        },
        rule: Some(rule),
        digest: Some(question.digest()),
        ..entry
    }
}

/// An entry with what the user decided.
fn decision(decided: &Decided, channel: Channel, entry: Entry) -> Entry {
    Entry {
        decision: Some(if decided.allow { "approved" } else { "denied" }.into()),
        channel: Some(channel.name().into()),
        more: match decided.scope {
            Scope::Run { more } if decided.allow => Some(more),
            Scope::Run { .. } | Scope::Once => None,
        },
        because: decided.because.clone(),
        ..entry
    }
}
