//! Does what its input says with state.
#![forbid(unsafe_code)]

use std::time::Duration;

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::state::{self, StateError};
use mcp_guest_sdk::{Error, Skill};
use serde::Deserialize;
use serde_json::{Value, json};

struct State;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Operation {
    Get {
        key: String,
    },
    Set {
        key: String,
        value: String,
        ttl_ms: Option<u64>,
    },
    /// Sets a value of so many bytes.
    SetBytes {
        key: String,
        bytes: usize,
    },
    Delete {
        key: String,
    },
    Keys {
        prefix: String,
    },
    Swap {
        key: String,
        expected: Option<String>,
        value: Option<String>,
    },
    /// Adds one to a number that is kept as JSON.
    Count {
        key: String,
    },
}

impl Skill for State {
    const DESCRIPTION: &str = "Performs the operations of its input on its state in turn, and returns the result of each.";
    type Input = Vec<Operation>;
    type Output = Vec<Value>;

    fn run(input: Vec<Operation>) -> Result<Vec<Value>, Error> {
        let mut answers = Vec::new();
        for operation in &input {
            if let Operation::Count { key } = operation {
                answers.push(json!(state::update(key, |count: Option<u64>| count
                    .unwrap_or(0)
                    + 1)?));
                continue;
            }
            answers.push(perform(operation).unwrap_or_else(|error| failure(&error)));
        }
        Ok(answers)
    }
}

mcp_guest_sdk::export_skill!(State);

fn perform(operation: &Operation) -> Result<Value, StateError> {
    Ok(match operation {
        Operation::Get { key } => {
            json!(state::get_bytes(key)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        }
        Operation::Set { key, value, ttl_ms } => {
            json!(state::set_bytes(
                key,
                value.as_bytes(),
                ttl_ms.map(Duration::from_millis)
            )?)
        }
        Operation::SetBytes { key, bytes } => {
            json!(state::set_bytes(key, &vec![b'x'; *bytes], None)?)
        }
        Operation::Delete { key } => json!(state::delete(key)?),
        Operation::Keys { prefix } => json!(state::keys(prefix)?),
        Operation::Swap {
            key,
            expected,
            value,
        } => {
            let bytes =
                |text: &'_ Option<String>| text.as_ref().map(|text| text.clone().into_bytes());
            json!(state::compare_and_swap_bytes(
                key,
                bytes(expected).as_deref(),
                bytes(value).as_deref()
            )?)
        }
        Operation::Count { .. } => Value::Null,
    })
}

fn failure(error: &StateError) -> Value {
    let kind = match error {
        StateError::InvalidKey(_) => "invalid-key",
        StateError::Quota(_) => "quota",
        StateError::Io(_) => "io",
    };
    json!({ "error": kind, "message": error.to_string() })
}
