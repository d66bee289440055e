//! Which requests wait for an answer, and what an answer that none of them waits for means.
//!
//! An answer that names no request may be the lost answer of one. Where only one request is left whose answer it can
//! have been, and that gets no answer of its own for a while, the request is given up, so that its caller need not wait
//! until the deadline. An answer that comes again means nothing. Nothing here ever gives an answer to another request:
//! an id counts only as it was sent (JSON-RPC 2.0, "Response object": "the same as the value of the id member"), so
//! `"7"` is not 7.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{ErrorCode, RequestId};
use tokio::time::Instant;

use crate::message::{Asked, UNREADABLE};

/// How many requests are remembered that need no answer any more, but may get one.
const MAX_OVER: usize = 1024;
/// How many stray answers are remembered at a time.
const MAX_STRAYS: usize = 16;
/// How long a request waits for its own answer after a stray one, by what it asks. A tool may take its time.
const CALL_PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(1);

/// The requests on one connection.
#[derive(Default)]
pub(super) struct Ledger {
    waiting: HashMap<RequestId, Asked>,
    over: VecDeque<(RequestId, Over)>,
    strays: Vec<Stray>,
}

/// Why a request does not wait any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Answered,
    /// It timed out or was dropped, and its answer may still come.
    Abandoned,
}

/// An answer that names none of the requests.
struct Stray {
    came: Instant,
    /// The requests whose answer it can be.
    may: HashSet<RequestId>,
    lost: Lost,
}

/// What a caller gets whose answer was lost: a code, and what is wrong with what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) code: ErrorCode,
    pub(super) why: Why,
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// It came under this id, written as JSON.
    Under(String),
    /// Its words.
    Words(String),
}

/// What an answer is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A caller waits for it.
    Expected,
    /// Its caller has left: the request timed out or was dropped.
    Late,
    /// It was answered already.
    Repeated,
    /// This request waits for it, whose number came back as text.
    AsText(RequestId),
    /// Its id is of no request.
    Stray,
}

/// The ledger, also after a panic of a thread that held it.
pub(super) fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lost {
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self {
            code: UNREADABLE,
            why: Why::Words(why.into()),
        }
    }

    pub(super) fn under(id: String) -> Self {
        Self {
            code: UNREADABLE,
            why: Why::Under(id),
        }
    }
}

impl Ledger {
    pub(super) fn sent(&mut self, id: RequestId, asked: Asked) {
        self.waiting.insert(id, asked);
    }

    /// What was asked under this id.
    pub(super) fn asked(&self, id: &RequestId) -> Asked {
        self.waiting.get(id).copied().unwrap_or(Asked::Other)
    }

    pub(super) fn waits(&self, id: &RequestId) -> bool {
        self.waiting.contains_key(id)
    }

    /// The request that waits, if it is only one.
    pub(super) fn only(&self) -> Option<RequestId> {
        let mut waiting = self.waiting.keys();
        waiting.next().filter(|_| waiting.next().is_none()).cloned()
    }

    /// The caller does not wait any more. Its answer may come all the same, and is nothing wrong.
    pub(super) fn abandoned(&mut self, id: &RequestId) {
        self.end(id, Over::Abandoned);
    }

    pub(super) fn received(&mut self, id: &RequestId) -> Verdict {
        if self.end(id, Over::Answered) {
            return Verdict::Expected;
        }
        // A number that came back as text is no answer to the number, but it is plain whose was lost.
        let meant = match id {
            RequestId::String(text) => text.parse().ok().map(RequestId::Number),
            RequestId::Number(_) => None,
        };
        let is_it = |(sent, _): &&mut (RequestId, Over)| sent == id || meant.as_ref() == Some(sent);
        if let Some((_, over)) = self.over.iter_mut().find(is_it) {
            return match std::mem::replace(over, Over::Answered) {
                Over::Answered => Verdict::Repeated,
                Over::Abandoned => Verdict::Late,
            };
        }
        match meant.filter(|meant| self.end(meant, Over::Answered)) {
            Some(meant) => Verdict::AsText(meant),
            None => Verdict::Stray,
        }
    }

    /// An answer came that names none of the requests.
    pub(super) fn stray(&mut self, now: Instant, lost: Lost) {
        let may = self.waiting.keys().cloned().collect();
        self.remember(now, may, lost);
    }

    /// What came may have been the answer of this request.
    pub(super) fn doubt(&mut self, now: Instant, id: RequestId, lost: Lost) {
        if self.waits(&id) {
            self.remember(now, [id].into(), lost);
        }
    }

    /// The next request whose answer must have been a stray one. It waits no more.
    pub(super) fn given_up(&mut self, now: Instant) -> Option<(RequestId, Lost)> {
        let is_lost = |stray: &Stray| self.lost_at(stray).is_some_and(|at| at <= now);
        let position = self.strays.iter().position(is_lost)?;
        let stray = self.strays.swap_remove(position);
        let id = stray.may.into_iter().next()?;
        self.end(&id, Over::Abandoned);
        Some((id, stray.lost))
    }

    /// When `given_up` has to be asked again.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.strays
            .iter()
            .filter_map(|stray| self.lost_at(stray))
            .min()
    }

    /// When the only request that is left for it is given up.
    fn lost_at(&self, stray: &Stray) -> Option<Instant> {
        let id = stray.may.iter().next().filter(|_| stray.may.len() == 1)?;
        let patience = match self.asked(id) {
            Asked::ToolCall => CALL_PATIENCE,
            // Then the server is an older one, and gets `initialize`.
            Asked::Discover => Duration::ZERO,
            Asked::ToolList { .. } | Asked::Initialize | Asked::Other => PATIENCE,
        };
        Some(stray.came + patience)
    }

    fn remember(&mut self, came: Instant, may: HashSet<RequestId>, lost: Lost) {
        if !may.is_empty() && self.strays.len() < MAX_STRAYS {
            self.strays.push(Stray { came, may, lost });
        }
    }

    /// Ends the wait for this answer, if one waits.
    fn end(&mut self, id: &RequestId, over: Over) -> bool {
        if self.waiting.remove(id).is_none() {
            return false;
        }
        self.strays.retain_mut(|stray| {
            stray.may.remove(id);
            !stray.may.is_empty()
        });
        if self.over.len() == MAX_OVER {
            self.over.pop_front();
        }
        self.over.push_back((id.clone(), over));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(sent: &[i64]) -> Ledger {
        let mut ledger = Ledger::default();
        for id in sent {
            ledger.sent(RequestId::Number(*id), Asked::ToolCall);
        }
        ledger
    }

    fn given_up(ledger: &mut Ledger, now: Instant) -> Option<RequestId> {
        ledger.given_up(now).map(|(id, _)| id)
    }

    fn lost() -> Lost {
        Lost::under("99".to_owned())
    }

    #[test]
    fn answer_is_expected_once_and_the_second_means_nothing() {
        let mut ledger = ledger(&[1, 2]);
        assert_eq!(ledger.received(&RequestId::Number(1)), Verdict::Expected);
        assert_eq!(ledger.received(&RequestId::Number(1)), Verdict::Repeated);
        assert_eq!(ledger.next_look(), None);
        assert_eq!(ledger.received(&RequestId::Number(2)), Verdict::Expected);
    }

    #[test]
    fn number_as_text_is_no_answer_and_only_that_request_is_given_up() {
        let mut ledger = ledger(&[1, 2]);
        let text = |id: &str| RequestId::String(id.into());
        assert_eq!(
            ledger.received(&text("1")),
            Verdict::AsText(RequestId::Number(1))
        );
        assert_eq!(ledger.received(&text("1")), Verdict::Repeated);
        assert_eq!(ledger.next_look(), None);
        assert_eq!(ledger.received(&RequestId::Number(2)), Verdict::Expected);
    }

    #[test]
    fn late_answer_under_a_number_as_text_fails_no_call() {
        let mut ledger = ledger(&[1, 2]);
        ledger.abandoned(&RequestId::Number(1));
        let text = RequestId::String("1".into());
        assert_eq!(ledger.received(&text), Verdict::Late);
        assert_eq!(ledger.next_look(), None);
    }

    #[test]
    fn stray_answer_fails_a_call_only_if_its_own_does_not_follow() {
        let now = Instant::now();
        let mut ledger = ledger(&[1]);
        ledger.stray(now, lost());
        assert_eq!(
            given_up(&mut ledger, now),
            None,
            "its own answer may follow"
        );
        let look = ledger.next_look();
        assert_eq!(look, Some(now + CALL_PATIENCE));
        assert_eq!(ledger.received(&RequestId::Number(1)), Verdict::Expected);
        assert_eq!(ledger.next_look(), None);

        ledger.sent(RequestId::Number(2), Asked::ToolCall);
        ledger.stray(now, lost());
        let later = now + CALL_PATIENCE;
        assert_eq!(ledger.given_up(later), Some((RequestId::Number(2), lost())));
        assert_eq!(ledger.given_up(later), None);
        assert_eq!(ledger.received(&RequestId::Number(2)), Verdict::Late);
    }

    #[test]
    fn stray_answer_fails_no_call_while_it_may_be_for_two() {
        let now = Instant::now();
        let mut ledger = ledger(&[1, 2, 3]);
        ledger.stray(now, lost());
        ledger.sent(RequestId::Number(4), Asked::ToolCall);
        let later = now + CALL_PATIENCE;
        assert_eq!(given_up(&mut ledger, later), None);
        ledger.received(&RequestId::Number(1));
        assert_eq!(given_up(&mut ledger, later), None);
        ledger.received(&RequestId::Number(3));
        assert_eq!(given_up(&mut ledger, later), Some(RequestId::Number(2)));
        assert_eq!(
            ledger.received(&RequestId::Number(4)),
            Verdict::Expected,
            "4 was sent afterwards"
        );
    }

    #[test]
    fn server_that_misses_the_probe_is_not_waited_for() {
        let now = Instant::now();
        let mut ledger = Ledger::default();
        ledger.sent(RequestId::Number(1), Asked::Discover);
        ledger.stray(now, lost());
        assert_eq!(given_up(&mut ledger, now), Some(RequestId::Number(1)));
    }

    #[test]
    fn late_answer_reaches_no_caller_and_is_not_a_stray() {
        let mut ledger = ledger(&[1, 2]);
        ledger.abandoned(&RequestId::Number(1));
        assert_eq!(ledger.received(&RequestId::Number(1)), Verdict::Late);
        assert_eq!(ledger.next_look(), None);
        assert_eq!(ledger.received(&RequestId::Number(2)), Verdict::Expected);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let now = Instant::now();
        let mut ledger = Ledger::default();
        for id in 0..5000 {
            ledger.sent(RequestId::Number(id), Asked::Other);
            ledger.abandoned(&RequestId::Number(id));
        }
        assert_eq!(ledger.over.len(), MAX_OVER);
        ledger.sent(RequestId::Number(-1), Asked::Other);
        ledger.sent(RequestId::Number(-2), Asked::Other);
        (0..100).for_each(|_| ledger.stray(now, lost()));
        assert_eq!(ledger.strays.len(), MAX_STRAYS);
    }
}
