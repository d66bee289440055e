//! Large answers that wait until the guest of a script has room for them. Each stays charged to its run.

use std::collections::BTreeMap;

use crate::contract::script::{KeptAnswer, ScriptAnswer};

/// The answers that wait, by their numbers.
#[derive(Default)]
pub(crate) struct KeptAnswers {
    next: u32,
    waiting: BTreeMap<u32, (ScriptAnswer, usize)>,
}

impl KeptAnswers {
    /// Keeps an answer, which is charged with so many bytes, and returns what the guest gets in its place.
    pub(crate) fn keep(&mut self, answer: ScriptAnswer, charged: usize) -> ScriptAnswer {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let bytes = u32::try_from(answer.size()).unwrap_or(u32::MAX);
        self.waiting.insert(number, (answer, charged));
        ScriptAnswer::Kept(KeptAnswer { number, bytes })
    }

    /// An answer and its charge, once.
    pub(crate) fn take(&mut self, number: u32) -> Option<(ScriptAnswer, usize)> {
        self.waiting.remove(&number)
    }
}
