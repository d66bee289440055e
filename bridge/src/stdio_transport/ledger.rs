//! Which requests wait for an answer, and what an answer that none of them waits for means.
//!
//! An answer under a wrong id is the lost answer of some request. As soon as only one request is left
//! whose answer it can have been, that request is given up, so that its caller need not wait until
//! the deadline. Nothing here ever gives an answer to another request: an id counts only as it was
//! sent (JSON-RPC 2.0, "Response object": "the same as the value of the id member"), so `"7"` is not 7.

use std::collections::{HashMap, HashSet, VecDeque};

use rmcp::model::RequestId;

use crate::message::Asked;

/// How many abandoned requests are remembered, whose answers may still come.
const MAX_ABANDONED: usize = 1024;
/// How many stray answers are remembered at a time.
const MAX_STRAYS: usize = 16;

/// The requests on one connection.
#[derive(Default)]
pub(super) struct Ledger {
    waiting: HashMap<RequestId, Asked>,
    abandoned: VecDeque<RequestId>,
    /// For each stray answer, the requests whose answer it can be.
    strays: Vec<HashSet<RequestId>>,
}

/// What an answer is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A caller waits for it.
    Expected,
    /// Its caller has left: the request timed out or was dropped.
    Late,
    /// Its id is of no request, or of one that was answered already.
    Stray,
}

impl Ledger {
    pub(super) fn sent(&mut self, id: RequestId, asked: Asked) {
        self.waiting.insert(id, asked);
    }

    /// What was asked under this id.
    pub(super) fn asked(&self, id: &RequestId) -> Asked {
        self.waiting.get(id).copied().unwrap_or(Asked::Other)
    }

    /// The caller does not wait any more. Its answer may come all the same, and is nothing wrong.
    pub(super) fn abandoned(&mut self, id: &RequestId) {
        if self.waiting.remove(id).is_none() {
            return;
        }
        self.answered_or_gone(id);
        if self.abandoned.len() == MAX_ABANDONED {
            self.abandoned.pop_front();
        }
        self.abandoned.push_back(id.clone());
    }

    pub(super) fn received(&mut self, id: &RequestId) -> Verdict {
        if self.waiting.remove(id).is_some() {
            self.answered_or_gone(id);
            return Verdict::Expected;
        }
        // A number that came back as text is no answer to the number, but it is plain whose was lost.
        let meant = match id {
            RequestId::String(text) => text.parse().ok().map(RequestId::Number),
            RequestId::Number(_) => None,
        };
        let is_late = |sent: &RequestId| sent == id || Some(sent) == meant.as_ref();
        if let Some(position) = self.abandoned.iter().position(is_late) {
            self.abandoned.remove(position);
            return Verdict::Late;
        }
        match meant.filter(|meant| self.waiting.contains_key(meant)) {
            // Never many: the next look at `given_up` takes it.
            Some(meant) => self.strays.push([meant].into()),
            None => self.stray(),
        }
        Verdict::Stray
    }

    /// An answer came that names none of the requests.
    pub(super) fn stray(&mut self) {
        if !self.waiting.is_empty() && self.strays.len() < MAX_STRAYS {
            self.strays.push(self.waiting.keys().cloned().collect());
        }
    }

    /// The next request whose answer must have been a stray one. It waits no more.
    pub(super) fn given_up(&mut self) -> Option<RequestId> {
        let position = self.strays.iter().position(|may| may.len() == 1)?;
        let id = self.strays.swap_remove(position).into_iter().next()?;
        self.waiting.remove(&id);
        self.answered_or_gone(&id);
        Some(id)
    }

    fn answered_or_gone(&mut self, id: &RequestId) {
        self.strays.retain_mut(|may| {
            may.remove(id);
            !may.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(sent: &[i64]) -> Ledger {
        let mut ledger = Ledger::default();
        for id in sent {
            ledger.sent(RequestId::Number(*id), Asked::Other);
        }
        ledger
    }

    #[test]
    fn answer_is_expected_once() {
        let mut ledger = ledger(&[1, 2]);
        assert_eq!(ledger.received(&RequestId::Number(1)), Verdict::Expected);
        assert_eq!(ledger.received(&RequestId::Number(1)), Verdict::Stray);
        assert_eq!(
            ledger.given_up(),
            Some(RequestId::Number(2)),
            "the second answer under 1 can only have been for 2"
        );
        assert_eq!(ledger.given_up(), None);
    }

    #[test]
    fn number_as_text_is_no_answer_and_only_that_request_is_given_up() {
        let mut ledger = ledger(&[1, 2]);
        let text = |id: &str| RequestId::String(id.into());
        assert_eq!(ledger.received(&text("1")), Verdict::Stray);
        assert_eq!(ledger.given_up(), Some(RequestId::Number(1)));
        assert_eq!(ledger.given_up(), None);
        assert_eq!(ledger.received(&RequestId::Number(2)), Verdict::Expected);
    }

    #[test]
    fn late_answer_under_a_number_as_text_fails_no_call() {
        let mut ledger = ledger(&[1, 2]);
        ledger.abandoned(&RequestId::Number(1));
        let text = RequestId::String("1".into());
        assert_eq!(ledger.received(&text), Verdict::Late);
        assert_eq!(ledger.given_up(), None);
    }

    #[test]
    fn stray_answer_fails_no_call_while_it_may_be_for_two() {
        let mut ledger = ledger(&[1, 2, 3]);
        ledger.stray();
        ledger.sent(RequestId::Number(4), Asked::Other);
        assert_eq!(ledger.given_up(), None);
        ledger.received(&RequestId::Number(1));
        assert_eq!(ledger.given_up(), None);
        ledger.received(&RequestId::Number(3));
        assert_eq!(ledger.given_up(), Some(RequestId::Number(2)));
        assert_eq!(
            ledger.received(&RequestId::Number(4)),
            Verdict::Expected,
            "4 was sent afterwards"
        );
    }

    #[test]
    fn late_answer_reaches_no_caller_and_is_not_a_stray() {
        let mut ledger = ledger(&[1, 2]);
        ledger.abandoned(&RequestId::Number(1));
        assert_eq!(ledger.received(&RequestId::Number(1)), Verdict::Late);
        assert_eq!(ledger.given_up(), None);
        assert_eq!(ledger.received(&RequestId::Number(2)), Verdict::Expected);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut ledger = Ledger::default();
        for id in 0..5000 {
            ledger.sent(RequestId::Number(id), Asked::Other);
            ledger.abandoned(&RequestId::Number(id));
        }
        assert_eq!(ledger.abandoned.len(), MAX_ABANDONED);
        ledger.sent(RequestId::Number(-1), Asked::Other);
        ledger.sent(RequestId::Number(-2), Asked::Other);
        (0..100).for_each(|_| ledger.stray());
        assert_eq!(ledger.strays.len(), MAX_STRAYS);
    }
}
