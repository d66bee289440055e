//! Answers that have come and that their callers have not taken yet: how much memory they take together.
//!
//! A caller who asks a thousand times at once may get a thousand answers of the largest size before it looks at the
//! first. So an answer is read only when there is room for it, and its room is free again when its caller has it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::RequestId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::message::{Asked, memory_bound};
use crate::tool_result::CallToolResult;

/// Room is counted in units of so many bytes.
const UNIT: usize = 1024;
/// An answer of this share of all room need not be weighed.
const PLENTY: u32 = 64;
/// How much of a body is read without waiting for its turn, in bytes. There are as many of these as requests.
pub(crate) const FREE: usize = 32 * 1024;
/// How long an answer waits for callers that do not take theirs. It is then an error of its own call.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one connection holds for its callers.
pub(crate) struct Due {
    units: u32,
    room: Arc<Semaphore>,
    /// Held by the one answer that is longer than [`FREE`] and is being read.
    turn: Arc<Semaphore>,
    /// The requests that were sent or whose callers wait.
    calls: Mutex<HashMap<RequestId, Call>>,
    patience: Duration,
}

/// One request.
struct Call {
    asked: Asked,
    /// What has come for its caller.
    came: Option<Came>,
}

/// An answer that has come.
struct Came {
    result: Option<Box<CallToolResult>>,
    _room: Room,
}

/// Room that an answer takes, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Room(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// The turn of a long answer, over when this is dropped.
pub(crate) struct Turn(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// A caller who waits for the answer to one request, until this is dropped.
pub(crate) struct Caller {
    due: Arc<Due>,
    id: RequestId,
}

impl Due {
    /// Holds answers of at most `limit` bytes each, and together no more memory than the largest one may take.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Self::with_patience(limit, PATIENCE)
    }

    fn with_patience(limit: usize, patience: Duration) -> Arc<Self> {
        let units = memory_bound(limit) / UNIT + 1;
        let units = u32::try_from(units)
            .unwrap_or(u32::MAX)
            .min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        Arc::new(Self {
            units,
            room: Arc::new(Semaphore::new(usize::try_from(units).unwrap_or(usize::MAX))),
            turn: Arc::new(Semaphore::new(1)),
            calls: Mutex::default(),
            patience,
        })
    }

    /// Room for so many bytes, if there is far more than that. For what is cheaper to overestimate than to weigh.
    pub(crate) fn plenty(&self, most: usize) -> Option<Room> {
        let units = u32::try_from(most.div_ceil(UNIT)).ok()?;
        if units > self.units / PLENTY {
            return None;
        }
        let permit = Arc::clone(&self.room).try_acquire_many_owned(units);
        permit.ok().map(Room)
    }

    /// Until when a message may wait that has to wait now.
    pub(crate) fn patience(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// Waits until there is room for a message that takes so many bytes of memory. `None` where no room is free until
    /// then, because other callers do not take their answers.
    pub(crate) async fn room(&self, bytes: usize, until: Instant) -> Option<Room> {
        let units = u32::try_from(bytes / UNIT + 1).unwrap_or(u32::MAX);
        // What is heavier than all of it will be refused before any of it is read, and needs no room.
        let units = if units > self.units { 1 } else { units };
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(units) {
            return Some(Room(permit));
        }
        let permit = Arc::clone(&self.room).acquire_many_owned(units);
        let permit = timeout_at(until, permit).await.ok()?;
        // Nothing closes it.
        permit.ok().map(Room)
    }

    /// Waits for the turn to read a long answer.
    pub(crate) async fn turn(&self) -> Option<Turn> {
        Arc::clone(&self.turn).acquire_owned().await.ok().map(Turn)
    }

    /// This tool call is about to be sent. Its answer may come before its caller waits for it.
    pub(crate) fn sent(&self, id: &RequestId) {
        let call = Call {
            asked: Asked::ToolCall,
            came: None,
        };
        self.lock().entry(id.clone()).or_insert(call);
    }

    /// No caller waits for the answer to this request any more.
    pub(crate) fn abandoned(&self, id: &RequestId) {
        self.lock().remove(id);
    }

    /// What the request asks, as far as that is known here.
    pub(crate) fn asked(&self, id: &RequestId) -> Asked {
        self.lock().get(id).map_or(Asked::Other, |call| call.asked)
    }

    /// The answer to this request has come, with its result if that is of a tool call. Its room is taken as long as its
    /// caller waits.
    pub(crate) fn came(&self, id: &RequestId, room: Room, result: Option<Box<CallToolResult>>) {
        if let Some(call) = self.lock().get_mut(id) {
            call.came = Some(Came {
                result,
                _room: room,
            });
        }
    }

    /// A caller waits for the answer to this request.
    pub(crate) fn wait(self: &Arc<Self>, id: RequestId) -> Caller {
        let call = Call {
            asked: Asked::Other,
            came: None,
        };
        self.lock().entry(id.clone()).or_insert(call);
        Caller {
            due: Arc::clone(self),
            id,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RequestId, Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller {
    /// Takes the result of the tool call that has come.
    pub(crate) fn take(&self) -> Option<Box<CallToolResult>> {
        let mut calls = self.due.lock();
        calls.get_mut(&self.id)?.came.as_mut()?.result.take()
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.due.abandoned(&self.id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use futures_util::FutureExt as _;

    use super::*;
    use crate::message::MEMORY_BESIDE;

    const LIMIT: usize = 1 << 20;
    const ALL: usize = LIMIT + MEMORY_BESIDE;

    #[tokio::test]
    async fn answer_waits_until_another_is_taken() {
        let due = Due::new(LIMIT);
        let caller = due.wait(RequestId::Number(1));
        let room = due.room(ALL, due.patience()).await.unwrap();
        due.came(&RequestId::Number(1), room, None);
        assert!(
            due.room(UNIT, due.patience()).now_or_never().is_none(),
            "it is full"
        );
        drop(caller);
        due.room(ALL, due.patience()).await.unwrap();
    }

    #[tokio::test]
    async fn answer_of_a_caller_who_has_left_takes_no_room() {
        let due = Due::new(LIMIT);
        drop(due.wait(RequestId::Number(1)));
        let room = due.room(ALL, due.patience()).await.unwrap();
        due.came(&RequestId::Number(1), room, None);
        due.room(ALL, due.patience())
            .now_or_never()
            .unwrap()
            .unwrap();
        let all = due.room(ALL - UNIT, due.patience()).await.unwrap();
        let heavier = due.room(ALL + UNIT, due.patience());
        assert!(heavier.now_or_never().is_some(), "it will be refused");
        drop(all);
    }

    #[tokio::test]
    async fn result_that_comes_before_its_caller_waits_is_kept_and_given_once() {
        let due = Due::new(LIMIT);
        let id = RequestId::Number(1);
        due.sent(&id);
        assert_eq!(due.asked(&id), Asked::ToolCall);
        let result = CallToolResult::structured(serde_json::json!({"a": 1}));
        let room = due.room(ALL, due.patience()).await.unwrap();
        due.came(&id, room, Some(Box::new(result.clone())));
        let caller = due.wait(id.clone());
        assert_eq!(caller.take().map(|result| *result), Some(result));
        assert!(caller.take().is_none());
        drop(caller);
        assert_eq!(due.asked(&id), Asked::Other);
        due.room(ALL, due.patience()).await.unwrap();
    }

    #[tokio::test]
    async fn result_of_a_request_that_was_cancelled_is_dropped() {
        let due = Due::new(LIMIT);
        let id = RequestId::Number(1);
        due.sent(&id);
        due.abandoned(&id);
        let room = due.room(ALL, due.patience()).await.unwrap();
        due.came(&id, room, None);
        due.room(ALL, due.patience()).await.unwrap();
    }

    #[tokio::test]
    async fn answer_waits_a_bounded_time_for_callers_that_take_none() {
        let due = Due::with_patience(LIMIT, Duration::from_millis(10));
        let _room = due.room(ALL, due.patience()).await.unwrap();
        assert!(due.room(1, due.patience()).await.is_none());
    }
}
