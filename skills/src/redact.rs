//! Values of a run that a document may show: without secrets, and short. Says where it left something out.

use mcp_bridge::text::{cut, json};
use mcp_bridge::{is_sensitive, looks_like_a_key, without_secrets};
use mcp_search::estimated_tokens;
use serde_json::{Map, Value};

/// What stands in the place of a secret.
pub const HIDDEN: &str = "[hidden]";

/// How much of a value is shown.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Items of a list.
    items: usize,
    /// Members of an object.
    members: usize,
    /// Bytes of a text.
    text: usize,
    /// Lists and objects in each other.
    depth: usize,
}

/// From much to little.
const ROOMS: [Room; 5] = [
    room(24, 48, 2_000, 12),
    room(6, 32, 400, 8),
    room(3, 24, 160, 6),
    room(2, 12, 80, 4),
    room(1, 6, 40, 2),
];

const fn room(items: usize, members: usize, text: usize, depth: usize) -> Room {
    Room {
        items,
        members,
        text,
        depth,
    }
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// JSON on several lines.
    pub(crate) text: String,
    /// Whether something of the value is missing.
    pub(crate) is_cut: bool,
}

/// The value as JSON in at most about so many tokens. Lists lose their last items first, texts their ends, and what is
/// too deep is left out. What stands in its place says how much it was.
pub(crate) fn shown(value: &Value, tokens: usize) -> Shown {
    for room in ROOMS {
        let mut walk = Walk {
            room,
            // No value is copied that cannot fit: a token has at least one byte.
            left: tokens * 8,
            is_cut: false,
        };
        let value = walk.value(value, false, room.depth);
        if walk.left == 0 {
            continue;
        }
        let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
        let text = json(&pretty).into_owned();
        if estimated_tokens(&text) <= tokens {
            return Shown {
                text,
                is_cut: walk.is_cut,
            };
        }
    }
    Shown {
        text: format!("\"… ({} more)\"", kind(value)),
        is_cut: true,
    }
}

/// The text without what is or looks like a secret.
pub(crate) fn hidden(text: &str) -> String {
    let text = String::from_utf8_lossy(&without_secrets(text.as_bytes())).into_owned();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.find(parts).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(if looks_like_a_key(word) { HIDDEN } else { word });
        let sign = after.chars().next().map_or(0, char::len_utf8);
        out.push_str(&after[..sign]);
        rest = &after[sign..];
    }
    without_passwords(&out)
}

/// The start of a text without secrets, for a place that shows a sentence of it.
pub(crate) fn start(text: &str) -> String {
    const READ: usize = 4_096;
    hidden(&text[..text.floor_char_boundary(READ)])
}

/// What stands between the words of a text, so that a key is one of them.
fn parts(char: char) -> bool {
    char.is_whitespace() || "\"'`=:,;/?&@()<>[]{}|\\".contains(char)
}

/// `https://user:word@host` without the word.
fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|char: char| char.is_whitespace() || "/?#\"'".contains(char))
            .unwrap_or(after.len());
        match after[..end].rfind('@') {
            Some(at) => {
                out.push_str(HIDDEN);
                rest = &after[at..];
            }
            None => rest = after,
        }
    }
    out.push_str(rest);
    out
}

/// Whether a member of this name holds a secret, whatever it looks like. `author` and `next_page_token` do not.
fn holds_secret(name: &str) -> bool {
    const WORDS: [&str; 15] = [
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "secretkey",
        "apikey",
        "accesskey",
        "privatekey",
        "token",
        "authorization",
        "credential",
        "cookie",
        "bearer",
        "jwt",
    ];
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|char| char.to_ascii_lowercase())
        .collect();
    // `passwords`, `passwordHash`.
    let plain = ["hash", "value", "s"].iter().fold(&*plain, |plain, end| {
        plain.strip_suffix(end).unwrap_or(plain)
    });
    let is_page = ["page", "next", "sync"].iter().any(|of| plain.contains(of));
    let is_word = |word: &&str| plain.ends_with(*word) && !(is_page && *word == "token");
    let mut parts = name.rsplit(|char: char| !char.is_ascii_alphanumeric());
    let is_pass = parts
        .next()
        .is_some_and(|last| last.eq_ignore_ascii_case("pass"));
    is_pass || (is_sensitive(name) && WORDS.iter().any(is_word))
}

/// Whether the object is a pair such as `{"name": "DB_PASSWORD", "value": "x"}`, whose value is a secret.
fn is_secret_pair(members: &Map<String, Value>) -> bool {
    let of = |key| members.get(key).and_then(Value::as_str);
    let named = ["name", "key"].into_iter().filter_map(of);
    members.contains_key("value") && named.take(2).any(holds_secret)
}

struct Walk {
    room: Room,
    /// Bytes that may still be copied.
    left: usize,
    is_cut: bool,
}

impl Walk {
    fn value(&mut self, value: &Value, is_secret: bool, depth: usize) -> Value {
        self.left = self.left.saturating_sub(4);
        if self.left == 0 {
            self.is_cut = true;
            return Value::Null;
        }
        match value {
            Value::String(_) | Value::Number(_) if is_secret => Value::from(HIDDEN),
            Value::String(text) => Value::from(self.text(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::Array(_) | Value::Object(_) if depth == 0 => {
                self.is_cut = true;
                Value::from(format!("… ({})", kind(value)))
            }
            Value::Array(items) => {
                let kept = items.iter().take(self.room.items);
                let mut kept: Vec<Value> = kept
                    .map(|item| self.value(item, is_secret, depth - 1))
                    .collect();
                if let Some(more) = self.more(items.len(), self.room.items) {
                    kept.push(Value::from(format!("… ({more} more items)")));
                }
                Value::Array(kept)
            }
            Value::Object(members) => {
                let mut kept = Map::new();
                let is_pair = is_secret_pair(members);
                for (name, value) in members.iter().take(self.room.members) {
                    let is_secret = is_secret || holds_secret(name) || (is_pair && name == "value");
                    let value = self.value(value, is_secret, depth - 1);
                    kept.insert(self.text(name), value);
                }
                if let Some(more) = self.more(members.len(), self.room.members) {
                    kept.insert(
                        "…".to_owned(),
                        Value::from(format!("({more} more members)")),
                    );
                }
                Value::Object(kept)
            }
        }
    }

    /// How many are left out, if any are.
    fn more(&mut self, all: usize, kept: usize) -> Option<usize> {
        let more = all.checked_sub(kept).filter(|more| *more > 0);
        self.is_cut |= more.is_some();
        more
    }

    /// A text without secrets, cut after they were hidden. One far beyond the room is not looked through to its end.
    fn text(&mut self, text: &str) -> String {
        const BEYOND: usize = 4_096;
        let near = &text[..text.floor_char_boundary(self.room.text + BEYOND)];
        let hidden = hidden(near);
        let missing = text.len() - near.len();
        let cut = match missing {
            0 => cut(&hidden, self.room.text).into_owned(),
            _ => {
                let kept = &hidden[..hidden.floor_char_boundary(self.room.text)];
                format!(
                    "{kept}… ({} more bytes)",
                    text.len().saturating_sub(kept.len())
                )
            }
        };
        self.is_cut |= cut != hidden || missing > 0;
        self.left = self.left.saturating_sub(cut.len());
        cut
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("{} items", items.len()),
        Value::Object(members) => format!("{} members", members.len()),
        Value::String(text) => format!("{} bytes", text.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) => "1 value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_by_name_and_by_looks_are_hidden() {
        let value = json!({
            "author": "Ada", "api_key": "abc", "accessToken": {"value": "x", "n": 7}, "next_page_token": "p2",
            "header": "Authorization: Bearer ghp_abcdefghijklmnop0123", "url": "https://ada:word@host/x?t=1",
            "text": "key=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x1, and more", "issue_key": "PROJ-1",
        });
        let shown = shown(&value, 1_000);
        assert!(!shown.is_cut);
        let read: Value = serde_json::from_str(&shown.text).unwrap_or_default();
        assert_eq!(
            read,
            json!({
                "author": "Ada", "api_key": HIDDEN, "accessToken": {"value": HIDDEN, "n": HIDDEN}, "next_page_token": "p2",
                "header": "Authorization: Bearer [hidden]", "url": "https://[hidden]@host/x?t=1",
                "text": "key=[hidden], and more", "issue_key": "PROJ-1",
            })
        );
    }

    #[test]
    fn names_of_secrets_are_known_in_all_their_forms() {
        for name in [
            "nextcloud_password",
            "landing_page_password",
            "page_secret",
            "pwd",
            "db_pass",
            "passwords",
            "passwordHash",
            "secretKey",
            "credentials",
            "apiKeys",
        ] {
            assert!(holds_secret(name), "{name}");
        }
        for name in [
            "pageToken",
            "nextPageTokens",
            "sync_token",
            "author",
            "compass",
            "issue_key",
        ] {
            assert!(!holds_secret(name), "{name}");
        }
        let pairs =
            json!([{"name": "DB_PASSWORD", "value": "x"}, {"name": "CITY", "value": "Rome"}]);
        let read: Value = serde_json::from_str(&shown(&pairs, 200).text).unwrap_or_default();
        let wanted =
            json!([{"name": "DB_PASSWORD", "value": HIDDEN}, {"name": "CITY", "value": "Rome"}]);
        assert_eq!(read, wanted);
    }

    #[test]
    fn long_values_are_cut_where_they_say_so() {
        let value = json!({"rows": (0..500).collect::<Vec<_>>(), "text": "word ".repeat(900)});
        let shown = shown(&value, 120);
        assert!(shown.is_cut);
        assert!(estimated_tokens(&shown.text) <= 120);
        assert!(shown.text.contains("more items)"), "{}", shown.text);
        assert!(shown.text.contains("more bytes)"), "{}", shown.text);
        // It is JSON all the same.
        assert!(serde_json::from_str::<Value>(&shown.text).is_ok());
    }

    #[test]
    fn no_value_is_too_large_or_too_deep() {
        let mut deep = json!("end");
        for _ in 0..100 {
            deep = json!([deep]);
        }
        for value in [
            deep,
            json!(
                (0..100_000)
                    .map(|at| json!({"at": at, "x": "y".repeat(50)}))
                    .collect::<Vec<_>>()
            ),
            json!(
                (0..300)
                    .map(|at| (format!("k{at}"), Value::Null))
                    .collect::<Map<_, _>>()
            ),
            json!("x".repeat(1 << 20)),
            json!("😀".repeat(1 << 16)),
        ] {
            let shown = shown(&value, 60);
            assert!(shown.is_cut);
            assert!(estimated_tokens(&shown.text) <= 60, "{}", shown.text);
        }
    }

    #[test]
    fn text_that_hides_or_reorders_is_escaped() {
        let shown = shown(&json!("a\u{202e}b\n```\n---\n"), 100);
        assert_eq!(shown.text, "\"a\\u202eb\\n```\\n---\\n\"");
    }
}
