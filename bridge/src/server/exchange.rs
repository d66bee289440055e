//! Follows a call to its result: requests for input on the way, and tasks in the background.
//! Has no deadline of its own: that of the caller is around all of it.

use std::pin::pin;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CancelTaskParams, InputRequests, InputResponses, Task, TaskPayload,
    UpdateTaskParams,
};
use rmcp::service::ServiceError;
use serde_json::Value;
use tokio::time::sleep;

use super::connection::{Called, Connection};
use crate::account::Charge;
use crate::arguments::Arguments;
use crate::message::{kept, tool_result_of, words_of};
use crate::text::mebibytes;
use crate::tool_result::CallToolResult;
use crate::trace;

/// How often a server may ask before it has to answer.
const MAX_ROUNDS: usize = 10;
/// How often a task is asked for, unless the server says otherwise, and within which bounds it may.
const POLL: Duration = Duration::from_millis(500);
const SHORTEST_POLL: Duration = Duration::from_millis(20);
const LONGEST_POLL: Duration = Duration::from_secs(10);
/// How many questions a task may ask, and how long its id and the key of a question may be, in bytes.
const MAX_QUESTIONS: usize = 100;
const MAX_KEY: usize = 1024;
/// How long a round without a question waits before it goes back to the server.
const IDLE_ROUND: Duration = Duration::from_millis(100);

/// Why there is no result.
pub(super) enum Failure {
    Service(ServiceError),
    /// The server wants what MCP does not allow, or what is not to be had here.
    Unusable(String),
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

/// Calls a tool and follows the server until it has answered.
pub(super) async fn call(
    connection: &Connection,
    tool: &str,
    arguments: Arguments,
) -> Result<CallToolResult, Failure> {
    let mut params = CallToolRequestParams::new(tool.to_owned());
    trace::mark(&mut params);
    if !connection.may_ask() {
        let answer = connection.call(params, arguments).await?;
        return finish(connection, tool, answer).await;
    }
    // What the bridge repeats to the server is charged to the server until the call ends.
    let mut keeps: Option<Charge> = None;
    for _ in 0..MAX_ROUNDS {
        match connection.call(params.clone(), arguments.clone()).await? {
            Called::InputRequired(result) => {
                let questions = result.input_requests.unwrap_or_default();
                if questions.is_empty() {
                    if result.request_state.is_none() {
                        return Err(Failure::Unusable(format!(
                            "tool `{tool}` asks for input without saying which"
                        )));
                    }
                    sleep(IDLE_ROUND).await;
                }
                let answers = answers(connection, tool, &questions)?;
                drop(questions);
                let bytes = kept(&(&answers, &result.request_state));
                drop(keeps.take());
                keeps = Some(connection.states().charge(bytes).map_err(|full| {
                    Failure::Unusable(format!(
                        "tool `{tool}` asks for input, and what is kept for its server between questions \
                         would take more than {}",
                        mebibytes(full.bound)
                    ))
                })?);
                params.input_responses = (!answers.is_empty()).then_some(answers);
                // Exactly as it came: it is the server's own, and only for this call.
                params.request_state = result.request_state;
            }
            answer => return finish(connection, tool, answer).await,
        }
    }
    Err(Failure::Unusable(format!(
        "tool `{tool}` asked for input more than {MAX_ROUNDS} times"
    )))
}

async fn finish(
    connection: &Connection,
    tool: &str,
    answer: Called,
) -> Result<CallToolResult, Failure> {
    match answer {
        Called::Complete(result) => Ok(*result),
        Called::Task(created) => follow(connection, tool, created.task).await,
        Called::InputRequired(_) => Err(Failure::Unusable(format!(
            "tool `{tool}` answered in a way that this client does not know"
        ))),
    }
}

fn answers(
    connection: &Connection,
    tool: &str,
    questions: &InputRequests,
) -> Result<InputResponses, Failure> {
    let handler = connection.client().service();
    questions
        .iter()
        .map(|(key, question)| match handler.answer(question) {
            Ok(answer) => Ok((key.clone(), answer)),
            Err(why) => Err(Failure::Unusable(format!("tool `{tool}` {why}"))),
        })
        .collect()
}

/// Asks for a task until it has ended. A caller who leaves before that has it cancelled.
async fn follow(
    connection: &Connection,
    tool: &str,
    task: Task,
) -> Result<CallToolResult, Failure> {
    let mut pause = poll_interval(&task);
    let task = task.task_id;
    if task.len() > MAX_KEY {
        return Err(Failure::Unusable(format!(
            "the id of the task of `{tool}` is longer than {MAX_KEY} bytes"
        )));
    }
    let mut abandoned = Abandoned {
        connection,
        task: Some(task.clone()),
    };
    let mut answered = std::collections::BTreeSet::new();
    loop {
        sleep(pause).await;
        let state = connection.task(&task).await?;
        pause = poll_interval(&state.task);
        match state.payload {
            TaskPayload::Working => {}
            TaskPayload::InputRequired { mut input_requests } => {
                // A question stays until the server has seen the answer.
                input_requests.retain(|key, _| !answered.contains(key));
                if answered.len() + input_requests.len() > MAX_QUESTIONS
                    || input_requests.keys().any(|key| key.len() > MAX_KEY)
                {
                    return Err(Failure::Unusable(format!(
                        "the task of `{tool}` asks more than {MAX_QUESTIONS} questions, or under keys \
                         longer than {MAX_KEY} bytes"
                    )));
                }
                answered.extend(input_requests.keys().cloned());
                if !input_requests.is_empty() {
                    let answers = answers(connection, tool, &input_requests)?;
                    let update = UpdateTaskParams::new(task.clone(), answers);
                    let updated = pin!(connection.client().update_task(update));
                    connection.watch(updated).await?;
                }
            }
            TaskPayload::Completed { result } => {
                abandoned.task = None;
                return result_of_task(result.into()).map_err(|why| {
                    let why = words_of(&why);
                    Failure::Unusable(format!(
                        "the answer to `{tool}` is not a tool result: {why}"
                    ))
                });
            }
            TaskPayload::Failed { error } => {
                abandoned.task = None;
                let message = error.get("message").and_then(|message| message.as_str());
                let message = message.unwrap_or("the server does not say why");
                return Err(Failure::Unusable(format!(
                    "the task of `{tool}` failed: {}",
                    words_of(message)
                )));
            }
            TaskPayload::Cancelled => {
                abandoned.task = None;
                let why = format!("the server cancelled the task of `{tool}`");
                return Err(Failure::Unusable(why));
            }
            _ => {
                let why =
                    format!("the task of `{tool}` is in a state that this client does not know");
                return Err(Failure::Unusable(why));
            }
        }
    }
}

/// The result of a task as strictly as that of a call is read.
fn result_of_task(result: Value) -> Result<CallToolResult, String> {
    let text = result.to_string();
    serde_json::from_value(result).or_else(|_| tool_result_of(&text).map(Into::into))
}

fn poll_interval(task: &Task) -> Duration {
    task.poll_interval_ms
        .map_or(POLL, Duration::from_millis)
        .clamp(SHORTEST_POLL, LONGEST_POLL)
}

/// Cancels a task when it is dropped before the task has ended.
struct Abandoned<'a> {
    connection: &'a Connection,
    task: Option<String>,
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let peer = self.connection.client().peer().clone();
        runtime.spawn(async move {
            // No caller is left to hear of a failure.
            let _ = peer.cancel_task(CancelTaskParams::new(task)).await;
        });
    }
}
