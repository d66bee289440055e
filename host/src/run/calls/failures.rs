//! Which tool calls of a run failed, so that the report can name the one that failed the skill. Keeps a bounded part of
//! each error's text, and shows none of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::contract::{Cases as _, ContentBlock, ToolError};
use crate::report::FailedCall;

/// How many failed calls are kept: the last ones.
const MOST: usize = 16;

/// Bytes of an error's text that are kept, at most.
const TEXT: usize = 256;

/// The text that counts as that of a call, in bytes, at least. A shorter one is in many messages.
const TELLING: usize = 4;

/// The failed calls of one run.
#[derive(Default)]
pub(super) struct Failures(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    calls: VecDeque<(FailedCall, String)>,
    /// The last call that ended has failed.
    last_failed: bool,
}

impl Failures {
    /// Notes that a call succeeded.
    pub(super) fn passed(&self) {
        self.kept().last_failed = false;
    }

    pub(super) fn failed(&self, server: &str, tool: &str, case: &'static str, text: &str) {
        let call = FailedCall {
            server: server.to_owned(),
            tool: tool.to_owned(),
            case,
        };
        let mut kept = self.kept();
        if kept.calls.len() == MOST {
            kept.calls.pop_front();
        }
        kept.calls.push_back((call, start(text).to_owned()));
        kept.last_failed = true;
    }

    /// The last call whose error is in the message of a skill.
    pub(super) fn in_message(&self, message: &str) -> Option<FailedCall> {
        let kept = self.kept();
        let found = kept
            .calls
            .iter()
            .rev()
            .find(|(_, text)| text.len() >= TELLING && message.contains(text.as_str()));
        found.map(|(call, _)| call.clone())
    }

    /// The last call that ended, if it failed.
    pub(super) fn last(&self) -> Option<FailedCall> {
        let kept = self.kept();
        let last = kept.calls.back().filter(|_| kept.last_failed);
        last.map(|(call, _)| call.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The case and the text of an error.
pub(super) fn of_error(error: &ToolError) -> (&'static str, &str) {
    let text = match error {
        ToolError::Failed(result) => {
            let mut blocks = result.content.iter();
            blocks
                .find_map(|block| match block {
                    ContentBlock::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .unwrap_or_default()
        }
        error => error.text().unwrap_or_default(),
    };
    (error.case(), text)
}

/// As much of the text as is kept: its first line.
fn start(text: &str) -> &str {
    let line = text.trim().lines().next().unwrap_or_default();
    &line[..line.floor_char_boundary(TEXT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(call: Option<FailedCall>) -> Option<String> {
        call.map(|call| format!("{}/{} {}", call.server, call.tool, call.case))
    }

    #[test]
    fn the_call_whose_error_a_message_repeats_is_found() {
        let failures = Failures::default();
        failures.failed("wiki", "read_page", "failed", "no page `Home`\nin the wiki");
        failures.failed("wiki", "find", "timed-out", "no answer in 5 s");
        failures.failed("wiki", "ping", "failed", "no");
        let of = |message: &str| tool(failures.in_message(message));
        assert_eq!(
            of("Error: no page `Home`\nat line 3").as_deref(),
            Some("wiki/read_page failed")
        );
        assert_eq!(
            of("no answer in 5 s").as_deref(),
            Some("wiki/find timed-out")
        );
        assert_eq!(of("nothing of it"), None);
        assert_eq!(tool(failures.last()).as_deref(), Some("wiki/ping failed"));
        failures.passed();
        assert_eq!(failures.last(), None);
    }

    #[test]
    fn only_the_start_of_the_last_errors_is_kept() {
        let failures = Failures::default();
        for n in 0..1_000 {
            failures.failed("s", "t", "failed", &format!("{n} {}", "ä".repeat(10_000)));
        }
        let kept = failures.kept();
        assert_eq!(kept.calls.len(), MOST);
        assert!(kept.calls.iter().all(|(_, text)| text.len() <= TEXT));
    }
}
