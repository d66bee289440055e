//! The Tasks extension: a script that takes longer than a moment becomes a task, where the client says that it knows
//! tasks. The task's life is rmcp's; this file decides when there is one, and bounds what finished tasks hold.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rmcp::RoleServer;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, CreateTaskResult, ErrorData, MetaObject,
};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskExit, TaskManager, TaskOptions};

use crate::progress::Stage;
use crate::unwritten::Share;

/// A script that ends within this time is answered as without tasks.
const MOMENT: Duration = Duration::from_secs(5);

/// How often a client should ask, in milliseconds.
const ASK_EVERY: u64 = 1_000;

/// A client that does not ask for so long is gone, and its script ends.
const GONE: Duration = Duration::from_secs(30);

/// How long a task lasts, in milliseconds. Its result is there for as long again, at most.
const LASTS: u64 = 30 * 60 * 1_000;

/// Tasks that are under way. A further script is answered when it ends.
const MOST_RUNNING: usize = 256;

/// Bytes of the results of all finished tasks.
const ROOM: usize = 64 << 20;

/// What a task holds besides its result.
const TASK: usize = 4 << 10;

/// The tasks of a serving process. Their ids cannot be guessed.
#[derive(Clone, Default)]
pub(crate) struct Tasks {
    manager: TaskManager,
    held: Arc<Mutex<Held>>,
    /// When the client of each task under way last asked for it.
    asked: Arc<Mutex<HashMap<String, Instant>>>,
}

/// What finished tasks hold, until rmcp forgets them.
#[derive(Default)]
struct Held {
    bytes: usize,
    of: VecDeque<(Instant, usize, Option<String>)>,
    /// Bytes of the result of each, by the id of the task.
    results: HashMap<String, usize>,
}

impl Tasks {
    /// The tasks of another user, whose results take their part of the same room.
    pub(crate) fn for_user(&self) -> Self {
        Self {
            held: Arc::clone(&self.held),
            ..Self::default()
        }
    }

    /// rmcp's part of it: get, update, cancel.
    pub(crate) fn manager(&self) -> &TaskManager {
        &self.manager
    }

    /// A client asks for this task.
    pub(crate) fn ask(&self, id: &str) {
        if let Some(asked) = self.asked().get_mut(id) {
            *asked = Instant::now();
        }
    }

    /// Bytes of the result of this task, if it has one.
    pub(crate) fn size(&self, id: &str) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.results.get(id).copied().unwrap_or_default()
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the client of this task has not asked for it for too long.
    async fn gone(&self, id: &str) {
        loop {
            let last = self.asked().get(id).copied();
            let Some(left) = last.and_then(|last| GONE.checked_sub(last.elapsed())) else {
                return;
            };
            tokio::time::sleep(left + Duration::from_millis(1)).await;
        }
    }

    /// The answer of `call`, or a task that will have it. `call` gets the context without what ends with the request.
    pub(crate) async fn answer<F>(
        &self,
        mut context: RequestContext<RoleServer>,
        call: impl FnOnce(RequestContext<RoleServer>) -> F,
    ) -> Result<CallToolResponse, ErrorData>
    where
        F: Future<Output = Result<CallToolResult, ErrorData>> + Send + 'static,
    {
        let request = context.ct.clone();
        context.ct = Default::default();
        // The request of HTTP: its client is gone when it is answered, and the task goes on.
        // What the answer takes stays with it.
        let share = Share::of(&context);
        context.extensions = Default::default();
        context.extensions.insert(share);
        let stage = Stage::new();
        context.extensions.insert(stage.clone());
        let MetaObject(meta) = &mut context.meta.0;
        // Nothing listens to its progress any more when the task exists.
        meta.shift_remove("progressToken");
        let stop = context.ct.clone();
        // A task that rmcp drops ends its script.
        let stop_when_dropped = stop.clone().drop_guard();
        let mut call = tokio::spawn(call(context));
        tokio::select! {
            biased;
            done = &mut call => return Ok(done.map_err(|error| failed(&error))??.into()),
            () = request.cancelled() => {
                stop.cancel();
                return Ok(call.await.map_err(|error| failed(&error))??.into());
            }
            () = tokio::time::sleep(MOMENT) => {}
        }
        if self.manager.running_task_count() >= MOST_RUNNING || !self.hold(TASK, None) {
            let done = tokio::select! {
                done = &mut call => done,
                () = request.cancelled() => {
                    stop.cancel();
                    call.await
                }
            };
            return Ok(done.map_err(|error| failed(&error))??.into());
        }
        let options = TaskOptions::new()
            .with_ttl_ms(LASTS)
            .with_poll_interval_ms(ASK_EVERY)
            .with_status_message(stage.text());
        let tasks = self.clone();
        let task = self.manager.spawn(options, move |task| {
            let id = task.task_id().to_owned();
            // Also a task that fails is asked for no more.
            let known = Known::of(&tasks, &id);
            Box::pin(async move {
                let _known = known;
                let _stop_when_dropped = stop_when_dropped;
                let ended = tokio::select! {
                    done = &mut call => {
                        let result = done.map_err(|error| failed(&error))??;
                        Ok(tasks.fitting(&id, result))
                    }
                    () = task.cancelled() => {
                        stop.cancel();
                        // The run ends its calls before the task is over.
                        let _ = call.await;
                        Err(TaskExit::Cancelled)
                    }
                    () = stage.follow(|text| task.set_status_message(text)) => Err(TaskExit::Cancelled),
                    () = tasks.gone(&id) => {
                        tracing::info!(task = id, "the client of a task asks no more, and its script ends");
                        stop.cancel();
                        let _ = call.await;
                        Err(TaskExit::Cancelled)
                    }
                };
                task.set_status_message("the script has ended");
                ended
            })
        });
        Ok(CallToolResponse::Task(CreateTaskResult::new(task)))
    }

    /// The result, or only its text where there is no room for its attachments.
    fn fitting(&self, id: &str, mut result: CallToolResult) -> CallToolResult {
        let size = |block: &ContentBlock| match block {
            ContentBlock::Text(block) => block.text.len(),
            ContentBlock::Image(image) => image.data.len(),
            ContentBlock::Audio(audio) => audio.data.len(),
            block => serde_json::to_string(block).map_or(0, |text| text.len()),
        };
        // rmcp holds the result as JSON values, and copies it for each client that asks.
        let bytes: usize = result.content.iter().map(size).sum();
        if self.hold(bytes.saturating_mul(2), Some(id)) {
            return result;
        }
        result.content.truncate(1);
        let note = "[attachments are left out: too many finished tasks hold theirs]";
        result.content.push(ContentBlock::text(note));
        result
    }

    /// Takes this much of the room, if there is any left. With an id it is for the result of that task.
    fn hold(&self, bytes: usize, id: Option<&str>) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // A task may last as long as it may, and its result as long again.
        let longest = Duration::from_millis(2 * LASTS);
        while held
            .of
            .front()
            .is_some_and(|(since, ..)| since.elapsed() > longest)
        {
            if let Some((_, gone, id)) = held.of.pop_front() {
                held.bytes -= gone;
                id.and_then(|id| held.results.remove(&id));
            }
        }
        if held.bytes.saturating_add(bytes) > ROOM {
            return false;
        }
        held.bytes += bytes;
        if let Some(id) = id {
            held.results.insert(id.to_owned(), bytes);
        }
        let id = id.map(str::to_owned);
        held.of.push_back((Instant::now(), bytes, id));
        true
    }
}

/// A task for whose result a client may ask, until it is over.
struct Known {
    tasks: Tasks,
    id: String,
}

impl Known {
    fn of(tasks: &Tasks, id: &str) -> Self {
        tasks.asked().insert(id.to_owned(), Instant::now());
        Self {
            tasks: tasks.clone(),
            id: id.to_owned(),
        }
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.tasks.asked().remove(&self.id);
    }
}

fn failed(error: &tokio::task::JoinError) -> ErrorData {
    tracing::error!("a run failed: {error}");
    ErrorData::internal_error("the host failed to run the script", None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_without_room_loses_its_attachments_and_keeps_its_text() {
        let tasks = Tasks::default();
        let result = |bytes: usize| {
            let image = ContentBlock::image("A".repeat(bytes), "image/png");
            CallToolResult::success(vec![ContentBlock::text("ok"), image])
        };
        assert!(
            tasks.fitting("a", result(20 << 20)).content[1]
                .as_image()
                .is_some()
        );
        let cut = tasks.fitting("b", result(20 << 20));
        assert!(tasks.size("a") > 40 << 20);
        assert_eq!(tasks.size("b"), 0);
        assert_eq!(cut.content.len(), 2);
        assert!(
            cut.content[1]
                .as_text()
                .is_some_and(|note| note.text.starts_with("[attachments"))
        );
    }
}
