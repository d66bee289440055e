//! The first difference between two runs.

use mcp_bridge::text;
use serde_json::{Map, Value};

use super::format::{End, Line};

/// Bytes of a name or a value that an error shows.
const SHOWN: usize = 200;

/// The first difference between a replay and its recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A call of another function, or with another argument.
    #[error("call {n} ({call}) differs from the recording: `{field}` was {recorded}, now {now}")]
    Call {
        /// Which call, from 1.
        n: usize,
        /// What is called now.
        call: String,
        /// The field, like `arguments.labels[2]`.
        field: String,
        /// Its value in the recording.
        recorded: String,
        /// Its value now.
        now: String,
    },
    /// A call after the last one of the recording.
    #[error("call {n} ({call}) is not in the recording, which ends after call {}", n - 1)]
    Further {
        /// Which call, from 1.
        n: usize,
        /// What is called.
        call: String,
    },
    /// The run ended without a call that the recording has.
    #[error("call {n} ({call}) of the recording was not made; the run ended before it: {ending}")]
    Missing {
        /// Which call, from 1.
        n: usize,
        /// What was called.
        call: String,
        /// How the run ended now.
        ending: String,
    },
    /// The run waits for an answer that the recording does not have.
    #[error("call {n} ({call}) waits for ever: {why}")]
    NeverAnswered {
        /// Which call, from 1.
        n: usize,
        /// What is called.
        call: String,
        /// What the recording has instead of an answer.
        why: &'static str,
    },
    /// The same calls, and then another outcome, result or fuel.
    #[error("the {what} differs from the recording: `{field}` was {recorded}, now {now}")]
    End {
        /// `outcome`, `result` or `fuel`.
        what: &'static str,
        /// The field, like `result.names[0]`.
        field: String,
        /// Its value in the recording.
        recorded: String,
        /// Its value now.
        now: String,
    },
}

impl Difference {
    /// Compares the fields of a call with those of the recorded one. Ignores fields that this host does not know.
    pub(crate) fn between_calls(
        n: usize,
        recorded: &Map<String, Value>,
        now: &Map<String, Value>,
    ) -> Option<Self> {
        now.iter().find_map(|(key, value)| {
            let before = recorded.get(key).unwrap_or(&Value::Null);
            let (field, before, value) = first(key, before, value)?;
            Some(Self::Call {
                n,
                call: name(now),
                field,
                recorded: before,
                now: value,
            })
        })
    }

    pub(crate) fn further(n: usize, now: &Map<String, Value>) -> Self {
        Self::Further { n, call: name(now) }
    }

    pub(crate) fn never_answered(line: &Line) -> Self {
        Self::NeverAnswered {
            n: line.n,
            call: name(&line.call),
            why: match line.answer {
                None => "the recording has no answer to it",
                Some(_) => {
                    "the recording answers it only after something that this run does not do"
                }
            },
        }
    }

    /// The run ended without this call of its ledger.
    pub(crate) fn not_made(n: usize, call: String, ending: &End) -> Self {
        Self::Missing {
            n,
            call,
            ending: ending.outcome.clone(),
        }
    }

    pub(crate) fn missing(n: usize, recorded: &Map<String, Value>, ending: &End) -> Self {
        let detail = match ending.detail.is_empty() {
            true => String::new(),
            false => format!(" {}", show(&Value::Object(ending.detail.clone()))),
        };
        Self::Missing {
            n,
            call: name(recorded),
            ending: format!("{}{detail}", ending.outcome),
        }
    }

    pub(crate) fn at_the_end(what: &'static str, recorded: &Value, now: &Value) -> Option<Self> {
        let (field, recorded, now) = first(what, recorded, now)?;
        Some(Self::End {
            what,
            field,
            recorded,
            now,
        })
    }
}

/// `tool github/get_issue`, `read-file /data/x`.
fn name(call: &Map<String, Value>) -> String {
    let of = |key| call.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = match of("call") {
        "tool" => format!("tool {}/{}", of("server"), of("tool")),
        other => {
            let subject = ["path", "key", "prefix"].map(of).concat();
            format!("{other} {subject}").trim_end().to_owned()
        }
    };
    text::short(&name, SHOWN).into_owned()
}

/// The first place where two values differ.
fn first(path: &str, recorded: &Value, now: &Value) -> Option<(String, String, String)> {
    match (recorded, now) {
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .map(|(key, value)| (key, Some(value), b.get(key)))
            .chain(
                b.iter()
                    .filter(|(key, _)| !a.contains_key(*key))
                    .map(|(key, value)| (key, None, Some(value))),
            )
            .find_map(|(key, a, b)| either(&format!("{path}.{}", text::short(key, SHOWN)), a, b)),
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .find_map(|at| either(&format!("{path}[{at}]"), a.get(at), b.get(at))),
        (a, b) if a == b => None,
        (a, b) => Some((path.to_owned(), show(a), show(b))),
    }
}

fn either(path: &str, a: Option<&Value>, b: Option<&Value>) -> Option<(String, String, String)> {
    match (a, b) {
        (Some(a), Some(b)) => first(path, a, b),
        (a, b) => {
            let show = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), show);
            Some((path.to_owned(), show(a), show(b)))
        }
    }
}

/// JSON on one line, cut if it is long.
fn show(value: &Value) -> String {
    text::short(&value.to_string(), SHOWN).into_owned()
}
