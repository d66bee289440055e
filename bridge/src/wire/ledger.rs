//! Which requests wait for an answer, and what an answer that none of them waits for means.
//!
//! An answer under a wrong id is the lost answer of some request. As soon as only one request is left
//! whose answer it can have been, that request is given up, so that its caller need not wait until
//! the deadline. Nothing here ever gives an answer to another request.

use std::collections::{HashSet, VecDeque};

use rmcp::model::RequestId;

use crate::message::same_id;

/// How many abandoned requests are remembered, whose answers may still come.
const MAX_ABANDONED: usize = 1024;
/// How many stray answers are remembered at a time.
const MAX_STRAYS: usize = 16;

/// The requests on one connection.
#[derive(Default)]
pub(super) struct Ledger {
    waiting: HashSet<RequestId>,
    abandoned: VecDeque<RequestId>,
    /// For each stray answer, the requests whose answer it can be.
    strays: Vec<HashSet<RequestId>>,
}

/// What an answer is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Somebody waits for it.
    Expected,
    /// Nobody waits any more: its request timed out or was dropped.
    Late,
    /// Its id is of no request, or of one that was answered already.
    Stray,
}

impl Ledger {
    pub(super) fn sent(&mut self, id: RequestId) {
        self.waiting.insert(id);
    }

    /// The caller does not wait any more. Its answer may come all the same, and is nothing wrong.
    pub(super) fn abandoned(&mut self, id: &RequestId) {
        if !self.waiting.remove(id) {
            return;
        }
        self.answered_or_gone(id);
        if self.abandoned.len() == MAX_ABANDONED {
            self.abandoned.pop_front();
        }
        self.abandoned.push_back(id.clone());
    }

    pub(super) fn received(&mut self, id: &RequestId) -> Verdict {
        let number = match id {
            RequestId::String(text) => text.parse().ok().map(RequestId::Number),
            RequestId::Number(_) => None,
        };
        for id in [Some(id), number.as_ref()].into_iter().flatten() {
            if self.waiting.remove(id) {
                self.answered_or_gone(id);
                return Verdict::Expected;
            }
        }
        if let Some(position) = self.abandoned.iter().position(|sent| same_id(sent, id)) {
            self.abandoned.remove(position);
            return Verdict::Late;
        }
        self.stray();
        Verdict::Stray
    }

    /// An answer came that names none of the requests.
    pub(super) fn stray(&mut self) {
        if !self.waiting.is_empty() && self.strays.len() < MAX_STRAYS {
            self.strays.push(self.waiting.clone());
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
            ledger.sent(RequestId::Number(*id));
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
    fn number_as_text_is_the_number() {
        let mut ledger = ledger(&[1]);
        let text = RequestId::String("1".into());
        assert_eq!(ledger.received(&text), Verdict::Expected);
    }

    #[test]
    fn stray_answer_fails_nobody_while_two_may_have_been_meant() {
        let mut ledger = ledger(&[1, 2, 3]);
        ledger.stray();
        ledger.sent(RequestId::Number(4));
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
    fn late_answer_reaches_nobody_and_is_no_stray() {
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
            ledger.sent(RequestId::Number(id));
            ledger.abandoned(&RequestId::Number(id));
        }
        assert_eq!(ledger.abandoned.len(), MAX_ABANDONED);
        ledger.sent(RequestId::Number(-1));
        ledger.sent(RequestId::Number(-2));
        (0..100).for_each(|_| ledger.stray());
        assert_eq!(ledger.strays.len(), MAX_STRAYS);
    }
}
