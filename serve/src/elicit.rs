//! Asks the user about the calls of a paused run, through a client that can: by `elicitation/create` (2025-11-25), or
//! by `input_required` (2026-07-28). The model has no part in it. Decides nothing: what the user says goes into the
//! ledger.

mod elsewhere;

use std::time::{Duration, SystemTime};

use mcp_bridge::with_causes;
use mcp_host::{Channel, Decided, Scope, WaitEvent};
use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, CancelledNotificationParam, ClientResult, ElicitRequest,
    ElicitRequestParams, ElicitResult, ElicitationAction, InputRequest, InputRequiredResult,
    InputResponses, ProtocolVersion, RequestId, SealOptions, ServerRequest,
};
use rmcp::service::{PeerRequestOptions, RequestContext, ServiceError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::Paused;
use crate::audit;
use crate::door::Door;
use crate::ledgers::opened;

/// No person answers as fast. A client that decides without a person does.
const REFLEX: Duration = Duration::from_millis(500);

/// How long after the end of the wait a client may still bring an answer, which decides nothing.
const LATE: Duration = Duration::from_secs(60 * 60);

/// Calls that "for this run" covers.
const MORE: u32 = 100;

/// The name of the question in `input_required`.
const KEY: &str = "decision";

const REFUSE: &str = "refuse";
const ONCE: &str = "allow once";
const RUN: &str = "allow for this run";

/// What came of asking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The user decided about every call that was shown.
    Decided,
    /// The client answered by itself, or not at all.
    ByItself,
    /// The user did not decide.
    Open,
    /// The user had decided elsewhere: what the client says decides nothing.
    Elsewhere,
    /// The run did not wait so long: what the user said decides nothing.
    Late,
}

/// How this client can ask its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By a request of the server, while the call waits.
    Request,
    /// By an answer that says which input is needed; the client then makes the call again.
    InputRequired,
}

impl Way {
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Option<Self> {
        let capabilities = context.client_capabilities()?;
        let elicitation = capabilities.elicitation.as_ref()?;
        // Without a mode, a client means the form.
        if elicitation.form.is_none() && elicitation.url.is_some() {
            return None;
        }
        let version = context.protocol_version();
        Some(match version {
            Some(version) if version >= ProtocolVersion::V_2026_07_28 => Self::InputRequired,
            _ => Self::Request,
        })
    }
}

/// What `requestState` holds.
#[derive(Serialize, Deserialize)]
struct State {
    run: String,
    /// Milliseconds since 1970.
    asked: u64,
    /// The digests of the questions, which are those that the answer decides about.
    questions: Vec<String>,
}

/// What the user sees.
fn form(paused: &Paused) -> Option<ElicitRequestParams> {
    let mut message = format!("A script wants to call (run {}):\n", paused.run);
    for question in &paused.questions {
        message.push_str(&question.line);
        message.push('\n');
        if let Some(drift) = &question.drift {
            message.push_str(drift);
            message.push('\n');
        }
    }
    let form = serde_json::from_value(json!({
        "mode": "form",
        "message": message,
        "requestedSchema": {
            "type": "object",
            "properties": {
                KEY: {
                    "type": "string",
                    "title": "Decision",
                    "description": "For the calls above. \"for this run\" covers further calls of the same tools.",
                    "enum": [REFUSE, ONCE, RUN],
                },
            },
            "required": [KEY],
        },
    }));
    form.inspect_err(|error| {
        tracing::error!(run = paused.run, %error, "the user is not asked: the form cannot be made");
    })
    .ok()
}

/// Asks by a request of the server.
pub(crate) async fn ask(
    door: &Door,
    paused: &Paused,
    context: &RequestContext<RoleServer>,
) -> Asked {
    let Some(params) = form(paused) else {
        return Asked::Open;
    };
    let asked = SystemTime::now();
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(params));
    let patience = door.patience.min(paused.left);
    let options = PeerRequestOptions::with_timeout(patience);
    let sent = context
        .peer
        .send_cancellable_request(request, options)
        .await;
    let answer = match sent {
        Ok(sent) => {
            let (form, digests) = (sent.id.clone(), paused.digests());
            tokio::select! {
                answer = sent.await_response() => answer,
                () = elsewhere::settled(door, &paused.run, &digests) => {
                    withdraw(context, form, &paused.run).await;
                    return Asked::Elsewhere;
                }
            }
        }
        Err(error) => Err(error),
    };
    match answer {
        Ok(ClientResult::ElicitResult(result)) => {
            let by = door.asked(paused.run.clone(), None, context);
            settle(door, &by, &paused.digests(), &result, asked).await
        }
        // rmcp cancels the request, so that the question does not stay on the screen.
        Ok(_) | Err(ServiceError::Timeout { .. }) => Asked::Open,
        Err(error) => {
            tracing::info!(
                run = paused.run,
                "the client did not ask: {}",
                with_causes(&error)
            );
            Asked::ByItself
        }
    }
}

/// Takes a form off the screen whose questions are decided. An answer that comes all the same is one to no request.
async fn withdraw(context: &RequestContext<RoleServer>, form: RequestId, run: &str) {
    late(run);
    let reason = "the user decided elsewhere".to_owned();
    let cancelled = CancelledNotificationParam::new(Some(form), Some(reason));
    if let Err(error) = context.peer.notify_cancelled(cancelled).await {
        let error = with_causes(&error);
        tracing::debug!(run, error, "the form is not taken back");
    }
}

fn late(run: &str) {
    tracing::info!(
        run,
        "the user decided elsewhere: an answer of the client decides nothing"
    );
}

/// The answer that says which input is needed.
pub(crate) fn input_required(door: &Door, paused: &Paused) -> Option<InputRequiredResult> {
    let codec = door.states.as_ref()?;
    let params = form(paused)?;
    let asked = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    let state = State {
        run: paused.run.clone(),
        asked: u64::try_from(asked.as_millis()).ok()?,
        questions: paused.digests(),
    };
    // Longer than the run waits: a client that comes too late hears why its answer decides nothing.
    let ttl = paused.left.saturating_add(LATE);
    let sealed = codec.seal_json_with(&state, &SealOptions::new().ttl(ttl));
    let request = InputRequest::Elicitation(ElicitRequest::new(params));
    let requests = [(KEY.to_owned(), request)].into();
    Some(InputRequiredResult::new(Some(requests), Some(sealed.ok()?)))
}

/// The run that a call with `requestState` goes on with, after what the user said.
pub(crate) async fn answered(
    door: &Door,
    call: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Option<Result<(String, Asked), String>> {
    let sealed = call.request_state.as_ref()?;
    let codec = door.states.as_ref()?;
    let state: State = match codec.open_json(sealed) {
        Ok(state) => state,
        Err(error) => return Some(Err(format!("`requestState` is not valid: {error}"))),
    };
    let asked = SystemTime::UNIX_EPOCH + Duration::from_millis(state.asked);
    let result = call.input_responses.as_ref().and_then(of_key);
    let outcome = match result {
        Some(result) => {
            let by = door.asked(state.run.clone(), None, context);
            settle(door, &by, &state.questions, &result, asked).await
        }
        None => Asked::Open,
    };
    Some(Ok((state.run, outcome)))
}

fn of_key(responses: &InputResponses) -> Option<ElicitResult> {
    serde_json::from_value(responses.get(KEY)?.clone()).ok()
}

/// Whether the user allows the calls, and for how long; `None` where the user did not decide.
fn decision(result: &ElicitResult) -> Option<(bool, Scope)> {
    match &result.action {
        ElicitationAction::Accept => {
            let content = result.content.as_ref();
            match content.and_then(|content| content.get(KEY)?.as_str())? {
                ONCE => Some((true, Scope::Once)),
                RUN => Some((true, Scope::Run { more: MORE })),
                REFUSE => Some((false, Scope::Once)),
                _ => None,
            }
        }
        ElicitationAction::Decline => Some((false, Scope::Once)),
        _ => None,
    }
}

/// Writes what the user said into the ledger.
async fn settle(
    door: &Door,
    by: &audit::Asked,
    questions: &[String],
    result: &ElicitResult,
    asked: SystemTime,
) -> Asked {
    let run = by.run.as_str();
    let took = asked.elapsed().unwrap_or_default();
    if took < REFLEX {
        return Asked::ByItself;
    }
    let Some((allow, scope)) = decision(result) else {
        return Asked::Open;
    };
    let Some(runs) = &door.runs else {
        return Asked::Open;
    };
    let decided = Decided {
        allow,
        scope,
        because: None,
        by: "the user, asked by the client".to_owned(),
        at: SystemTime::now(),
    };
    // A state that another user was given decides nothing.
    match runs.info(run) {
        Ok(info) if !door.owns(&info) => return Asked::Open,
        _ => {}
    }
    let written = opened(runs, run).await.and_then(|mut ledger| {
        // Who answers too late decides nothing.
        if runs.info(run)?.is_expired() {
            return Ok(Asked::Late);
        }
        let open = ledger.questions();
        if !open
            .iter()
            .any(|question| questions.contains(&question.digest()))
        {
            late(run);
            return Ok(Asked::Elsewhere);
        }
        for question in open {
            // A decision holds for what was shown.
            if !questions.contains(&question.digest()) {
                continue;
            }
            ledger.decide(&question, decided.clone())?;
            let decided = WaitEvent::Decided {
                question: &question,
                decided: &decided,
                channel: Channel::Client,
            };
            door.waiting(by, decided);
        }
        // Those that were not shown come in the next form.
        let mut open = ledger.questions().into_iter();
        Ok(
            match open.any(|question| questions.contains(&question.digest())) {
                true => Asked::Open,
                false => Asked::Decided,
            },
        )
    });
    match written {
        Ok(asked) => asked,
        Err(error) => {
            tracing::warn!(run, "the decision was not written: {}", with_causes(&error));
            Asked::Open
        }
    }
}
