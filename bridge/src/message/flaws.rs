//! What is not as MCP has it in an answer that is used all the same. It travels in the `_meta` of the answer, because
//! rmcp hands on nothing else; the receiver takes it out and logs it with the name of the server.

use rmcp::model::JsonObject;
use serde_json::Value;

/// The member of `_meta`.
const KEY: &str = "mcp-host/flaws";
/// The most flaws of one answer, and the most bytes of each.
const MOST: usize = 10;
const LONGEST: usize = 300;

/// Flaws of one answer, of which only the first are kept.
#[derive(Debug, Default)]
pub(crate) struct Flaws {
    named: Vec<String>,
    more: usize,
}

impl Flaws {
    pub(crate) fn push(&mut self, flaw: impl Into<String>) {
        if self.named.len() < MOST {
            let mut flaw = flaw.into();
            flaw.truncate(flaw.floor_char_boundary(LONGEST));
            self.named.push(flaw);
        } else {
            self.more += 1;
        }
    }

    /// The first of them.
    pub(crate) fn first(&self) -> Option<&str> {
        self.named.first().map(String::as_str)
    }

    /// Writes them into `_meta`.
    pub(crate) fn put(mut self, meta: &mut JsonObject) {
        if self.named.is_empty() {
            return;
        }
        if self.more > 0 {
            self.named.push(format!("and {} more", self.more));
        }
        let earlier = taken(meta).into_iter();
        let all = earlier.chain(self.named).map(Value::String).collect();
        meta.insert(KEY.to_owned(), Value::Array(all));
    }
}

/// The flaws that `_meta` has, which it has no longer. A server may have written them itself, so they are bounded
/// again.
pub(crate) fn taken(meta: &mut JsonObject) -> Vec<String> {
    let Some(Value::Array(flaws)) = meta.shift_remove(KEY) else {
        return Vec::new();
    };
    let texts = flaws.into_iter().filter_map(|flaw| match flaw {
        Value::String(mut text) => {
            text.truncate(text.floor_char_boundary(LONGEST));
            Some(text)
        }
        _ => None,
    });
    texts.take(MOST + 1).collect()
}
