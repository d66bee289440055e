//! One answer at a time: the guest has its turn between two answers. Where two came at once, a run that ends with the
//! first would drop the second either before or after it came, and its replay could not know which.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How often Wasmtime polls a call for each thing that it does for the guest, at most.
const POLLS: u64 = 2;

/// What Wasmtime does for one answer before the guest goes on by itself, at most: it stores the answer, and calls the
/// guest. The rest is margin.
const STEPS: u64 = 8;

/// A guest that is in its code for so many polls may wait there for this very answer, as one that cancels a call does.
const STUCK: u64 = 10_000;

/// The turns of the answers of a recorded run, or of a replay.
#[derive(Default)]
pub(crate) struct Turns {
    /// The guest is in its code: it may have used up its share of fuel, and goes on later.
    is_running: AtomicBool,
    /// How many host calls the guest is in. If it waits in one, Wasmtime may poll no other call.
    in_host: AtomicU64,
    /// How often it entered its code or got an answer.
    moved: AtomicU64,
    /// Answers have to wait for something else first.
    is_held: AtomicBool,
    /// Calls since the last answer. Wasmtime does one thing for each of them before it calls the guest.
    begun: AtomicU64,
    /// The answers that are there, in the order in which they came. Only the first counts polls.
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    last: u64,
    waiting: VecDeque<(u64, Waker)>,
}

/// How long the answer that comes next has waited.
#[derive(Default)]
pub(crate) struct Waited {
    polls: u64,
    /// Polls while the guest was in its code, since it entered it.
    running: u64,
    moved: u64,
}

impl Turns {
    /// The guest enters or leaves its code.
    pub(crate) fn guest_runs(&self, runs: bool) {
        self.is_running.store(runs, Ordering::Relaxed);
        if runs {
            self.moved.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The guest enters a host call. Also said of a run of several components: the calls of one may wait while another
    /// runs.
    pub(crate) fn enters_host(&self) {
        self.in_host.fetch_add(1, Ordering::Relaxed);
    }

    /// The guest leaves a host call.
    pub(crate) fn leaves_host(&self) {
        self.in_host.fetch_sub(1, Ordering::Relaxed);
    }

    /// A number that changes whenever the guest goes on or gets an answer.
    pub(crate) fn moves(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Whether the guest is in a host call.
    pub(crate) fn is_in_host(&self) -> bool {
        self.in_host.load(Ordering::Relaxed) > 0
    }

    /// No answer has its turn from now on.
    pub(crate) fn hold(&self) {
        self.is_held.store(true, Ordering::Relaxed);
    }

    /// Answers have their turns from now on.
    pub(crate) fn release(&self) {
        if self.is_held.swap(false, Ordering::Relaxed) {
            let line = self.line();
            line.waiting
                .iter()
                .for_each(|(_, waker)| waker.wake_by_ref());
        }
    }

    /// A call waits for its answer.
    pub(crate) fn begun(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer had its turn.
    pub(crate) fn answered(&self) {
        self.moved.fetch_add(1, Ordering::Relaxed);
        self.begun.store(0, Ordering::Relaxed);
    }

    /// Whether the guest had its turn, and does nothing more by itself: it was not in its code for as many polls as
    /// Wasmtime needs to do all that it has to do.
    pub(crate) fn had_turn(&self, waited: &mut Waited, context: &Context<'_>) -> bool {
        let moved = self.moved.load(Ordering::Relaxed);
        let is_running = self.is_running.load(Ordering::Relaxed);
        if moved != waited.moved {
            *waited = Waited {
                moved,
                ..Waited::default()
            };
        }
        match is_running {
            true => waited.running += 1,
            false => waited.polls += 1,
        }
        let steps = STEPS.saturating_add(self.begun.load(Ordering::Relaxed));
        if waited.polls > POLLS.saturating_mul(steps) || waited.running > STUCK {
            return true;
        }
        context.waker().wake_by_ref();
        false
    }

    /// Waits for the answer, and then for its turn. An answer that is there at once has no turn to wait for.
    pub(crate) async fn wait<F: Future>(&self, answer: F) -> F::Output {
        let (done, at_once) = polled(answer, || self.begun()).await;
        if !at_once {
            self.turn().await;
        }
        done
    }

    /// Waits for the turn of an answer that is there.
    pub(crate) async fn turn(&self) {
        let place = Place::last(self);
        let mut waited = Waited::default();
        poll_fn(|context| place.poll(&mut waited, context)).await;
        self.answered();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing panics under this lock.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a future gives, and whether it was there at the first poll.
pub(crate) async fn polled_once<F: Future>(future: F) -> (F::Output, bool) {
    polled(future, || {}).await
}

/// The same; calls `waits` where it was not.
async fn polled<F: Future>(future: F, waits: impl Fn()) -> (F::Output, bool) {
    let mut future = pin!(future);
    let mut polls = 0_u32;
    let done = poll_fn(|context| {
        let done = future.as_mut().poll(context);
        if polls == 0 && done.is_pending() {
            waits();
        }
        polls = polls.saturating_add(1);
        done
    })
    .await;
    (done, polls == 1)
}

/// The place of one answer in the line, until it had its turn or its call is dropped.
struct Place<'a> {
    turns: &'a Turns,
    number: u64,
}

impl<'a> Place<'a> {
    fn last(turns: &'a Turns) -> Self {
        let mut line = turns.line();
        line.last += 1;
        let number = line.last;
        line.waiting.push_back((number, Waker::noop().clone()));
        Self { turns, number }
    }

    fn poll(&self, waited: &mut Waited, context: &Context<'_>) -> Poll<()> {
        // Wasmtime may poll no other call than this one while the guest waits for it.
        let is_first = self.is_first(context);
        let is_held = self.turns.is_held.load(Ordering::Relaxed);
        if is_held || !is_first && !self.turns.is_in_host() {
            return Poll::Pending;
        }
        match self.turns.had_turn(waited, context) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn is_first(&self, context: &Context<'_>) -> bool {
        let mut line = self.turns.line();
        let mut waiting = line.waiting.iter_mut().enumerate();
        let found = waiting.find(|(_, (number, _))| *number == self.number);
        found.is_some_and(|(at, (_, waker))| {
            waker.clone_from(context.waker());
            at == 0
        })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut line = self.turns.line();
        match line.waiting.front() {
            Some((number, _)) if *number == self.number => drop(line.waiting.pop_front()),
            _ => line.waiting.retain(|(number, _)| *number != self.number),
        }
        if let Some((_, waker)) = line.waiting.front() {
            waker.wake_by_ref();
        }
    }
}
