//! What fixtures ask the client: in 2026-07-28 by `input_required` and a state that only this server can have written,
//! in 2025-11-25 by a request.

use rmcp::RoleServer;
use rmcp::model::{ErrorData, InputRequiredResult, InputResponses};
use rmcp::service::RequestContext;
use serde_json::{Map, Value, json};

use crate::fixture::read;

/// The tools that ask by `input_required`.
pub(crate) const TOOLS: [&str; 8] = [
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
];

/// Asks, and knows its own states again. A request has no session, so that all sessions of the process have one key.
pub(crate) struct Questions {
    key: [u8; 32],
}

impl Default for Questions {
    fn default() -> Self {
        let process = std::process::id().to_string();
        Self {
            key: blake3::derive_key("mcp-host conformance fixture", process.as_bytes()),
        }
    }
}

/// A text when all questions are answered, the next questions otherwise.
type Step = Result<String, InputRequiredResult>;

impl Questions {
    /// The step that follows from what the client gave. `None`: nothing of this name asks.
    pub(crate) fn next(
        &self,
        name: &str,
        state: Option<&str>,
        given: Option<&InputResponses>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<Step>, ErrorData> {
        let mut rounds = rounds(name);
        if rounds.is_empty() {
            return Ok(None);
        }
        if name == "test_input_required_result_capabilities" {
            only_declared(&mut rounds, context);
        }
        let round = match state {
            None => 0,
            Some(state) => self.open(name, state).ok_or_else(|| {
                ErrorData::invalid_params("`requestState` is not from this server", None)
            })?,
        };
        let asked = rounds.get(round).cloned().unwrap_or_default();
        let is_answered = given.is_some_and(|given| {
            asked
                .keys()
                .all(|key| given.get(key).is_some_and(Value::is_object))
        });
        let next = if is_answered { round + 1 } else { round };
        match rounds.into_iter().nth(next) {
            Some(questions) => {
                let state = self.seal(name, next);
                let result = json!({
                    "resultType": "input_required", "inputRequests": questions, "requestState": state
                });
                Ok(Some(Err(read(result)?)))
            }
            None => Ok(Some(Ok(format!("state-ok: {}", json!(given))))),
        }
    }

    fn seal(&self, name: &str, round: usize) -> String {
        let mac = blake3::keyed_hash(&self.key, format!("{name} {round}").as_bytes());
        format!("{round}.{mac}")
    }

    fn open(&self, name: &str, state: &str) -> Option<usize> {
        let (round, mac) = state.split_once('.')?;
        let round: usize = round.parse().ok()?;
        let expected = blake3::keyed_hash(&self.key, format!("{name} {round}").as_bytes());
        // Hashes are compared in constant time.
        (blake3::Hash::from_hex(mac).ok()? == expected).then_some(round)
    }
}

type Round = Map<String, Value>;

/// The questions of each round.
fn rounds(name: &str) -> Vec<Round> {
    let name = name
        .strip_prefix("test_input_required_result_")
        .unwrap_or(name);
    let who = || elicitation("What is your name?", "name", "string");
    let sure = || elicitation("Please confirm", "ok", "boolean");
    let roots = || json!({ "method": "roots/list", "params": {} });
    let rounds = match name {
        "elicitation" | "test_streaming_elicitation" => json!([{ "user_name": who() }]),
        "sampling" => {
            json!([{ "capital_question": sampling("What is the capital of France?", 100) }])
        }
        "list_roots" => json!([{ "client_roots": roots() }]),
        "request_state" | "tampered_state" => json!([{ "confirm": sure() }]),
        "multiple_inputs" => json!([{
            "user_name": who(),
            "greeting": sampling("Generate a greeting", 50),
            "client_roots": roots(),
        }]),
        "multi_round" => json!([
            { "step1": elicitation("Step 1: What is your name?", "name", "string") },
            { "step2": elicitation("Step 2: What is your favorite color?", "color", "string") },
        ]),
        "capabilities" => json!([{ "user_name": who(), "greeting": sampling("Say hello", 50) }]),
        "prompt" => json!([{
            "user_context": elicitation("What context should the prompt use?", "context", "string")
        }]),
        _ => return Vec::new(),
    };
    serde_json::from_value(rounds).unwrap_or_default()
}

/// Leaves out the questions that the client did not say it can answer.
fn only_declared(rounds: &mut [Round], context: &RequestContext<RoleServer>) {
    let declared = context.client_capabilities().unwrap_or_default();
    for round in rounds {
        round.retain(|_, question| match question["method"].as_str() {
            Some("elicitation/create") => declared.elicitation.is_some(),
            Some("sampling/createMessage") => declared.sampling.is_some(),
            _ => true,
        });
    }
}

fn elicitation(message: &str, field: &str, kind: &str) -> Value {
    let schema = json!({
        "type": "object", "properties": { field: { "type": kind } }, "required": [field]
    });
    form(message, schema)
}

fn form(message: &str, schema: Value) -> Value {
    let params = json!({ "mode": "form", "message": message, "requestedSchema": schema });
    json!({ "method": "elicitation/create", "params": params })
}

pub(crate) fn sampling(prompt: &str, tokens: u32) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": prompt } });
    let params = json!({ "messages": [message], "maxTokens": tokens });
    json!({ "method": "sampling/createMessage", "params": params })
}

/// The request of a tool that asks in 2025-11-25.
pub(crate) fn legacy(tool: &str) -> Value {
    let choices = ["option1", "option2", "option3"];
    let titled = |title: &str| {
        let choice = |number: u32| json!({ "const": format!("value{number}"), "title": format!("{title} {number}") });
        json!([choice(1), choice(2), choice(3)])
    };
    let properties = match tool {
        "test_elicitation_sep1034_defaults" => json!({
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": {
                "type": "string", "enum": ["active", "inactive", "pending"], "default": "active"
            },
            "verified": { "type": "boolean", "default": true },
        }),
        "test_elicitation_sep1330_enums" => json!({
            "untitledSingle": { "type": "string", "enum": choices },
            "titledSingle": { "type": "string", "oneOf": titled("Option") },
            "legacyEnum": {
                "type": "string", "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"]
            },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": choices } },
            "titledMulti": { "type": "array", "items": { "anyOf": titled("Choice") } },
        }),
        _ => json!({
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        }),
    };
    form(
        "Please fill in the form",
        json!({ "type": "object", "properties": properties }),
    )
}
