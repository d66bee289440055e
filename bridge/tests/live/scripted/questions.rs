//! What a server asks on the way to a result, and tasks that it works on in the background.

use std::sync::Mutex;

use super::*;

pub(crate) const TOOLS: [&str; 9] = [
    "ask-roots",
    "ask-user",
    "ask-model",
    "asks",
    "asks-model",
    "asks-forever",
    "task",
    "task-fails",
    "task-endless",
];

/// The call that waits for the client's answer.
static ASKED: Mutex<Option<Value>> = Mutex::new(None);
static POLLS: Mutex<u32> = Mutex::new(0);

pub(crate) fn call(name: &str, message: &Value, id: &Value) -> Option<Value> {
    let ask = |method: &str, params: Value| {
        *ASKED.lock().unwrap() = Some(id.clone());
        say(
            &json!({"jsonrpc": "2.0", "id": "question", "method": method, "params": params})
                .to_string(),
        );
        None
    };
    let form = json!({"message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}});
    let sampling = json!({"messages": [], "maxTokens": 1});
    let input = |requests: Value| {
        let result = json!({"resultType": "input_required", "inputRequests": requests,
            "requestState": "secret of the server"});
        Some(json!({"jsonrpc": "2.0", "id": id, "result": result}))
    };
    match name {
        "ask-roots" => ask("roots/list", json!({})),
        "ask-user" => ask("elicitation/create", form),
        "ask-model" => ask("sampling/createMessage", sampling),
        "asks" => match message["params"].get("inputResponses") {
            None => input(json!({
                "user": {"method": "elicitation/create", "params": form},
                "roots": {"method": "roots/list", "params": {}},
            })),
            Some(answers) => {
                let text = format!("{answers} {}", message["params"]["requestState"]);
                Some(
                    json!({"jsonrpc": "2.0", "id": id, "result": {"resultType": "complete",
                    "content": [{"type": "text", "text": text}]}}),
                )
            }
        },
        "asks-model" => {
            input(json!({"model": {"method": "sampling/createMessage", "params": sampling}}))
        }
        "asks-forever" => input(json!({"user": {"method": "elicitation/create", "params": form}})),
        name => {
            let mut created = state(name, "working");
            created["resultType"] = json!("task");
            Some(json!({"jsonrpc": "2.0", "id": id, "result": created}))
        }
    }
}

/// The client's answer to our own question becomes the result.
pub(crate) fn answered(message: &Value) {
    let Some(id) = ASKED.lock().unwrap().take() else {
        return;
    };
    let answer = message.get("result").unwrap_or(&message["error"]);
    let result = json!({"content": [{"type": "text", "text": answer.to_string()}]});
    say(&json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string());
}

pub(crate) fn task(message: &Value, id: &Value) -> Option<Value> {
    if message["method"] != "tasks/get" {
        return Some(json!({"jsonrpc": "2.0", "id": id, "result": {"resultType": "complete"}}));
    }
    let name = message["params"]["taskId"].as_str().unwrap();
    let polls = {
        let mut polls = POLLS.lock().unwrap();
        *polls += 1;
        *polls
    };
    let mut result = match (name, polls) {
        ("task", 3..) => {
            let mut done = state(name, "completed");
            done["result"] = json!({"content": [{"type": "text", "text": "at last"}]});
            done
        }
        ("task-fails", 2..) => {
            let mut failed = state(name, "failed");
            failed["error"] = json!({"code": -32603, "message": "out of paper"});
            failed
        }
        _ => state(name, "working"),
    };
    result["resultType"] = json!("complete");
    Some(json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

fn state(name: &str, status: &str) -> Value {
    json!({
        "taskId": name,
        "status": status,
        "createdAt": "2026-07-28T00:00:00Z",
        "lastUpdatedAt": "2026-07-28T00:00:00Z",
        "ttlMs": null,
        "pollIntervalMs": 20,
    })
}
