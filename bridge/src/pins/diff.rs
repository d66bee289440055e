//! The difference of two definitions as text that is safe to show on a terminal.

use std::time::Duration;

use serde_json::Value;
use similar::TextDiff;

use crate::text::is_safe;

/// How long two definitions may be compared for the smallest difference; a larger one is shown after that.
const PATIENCE: Duration = Duration::from_millis(200);
/// The longest difference that is shown, in lines.
const MAX_LINES: usize = 400;

/// A unified diff; all of one definition where there is no other.
pub(super) fn between(pinned: Option<&Value>, live: Option<&Value>) -> String {
    let [pinned, live] = [pinned, live].map(|side| side.map(text).unwrap_or_default());
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(pinned.as_str(), live.as_str());
    let unified = diff.unified_diff().context_radius(2).to_string();
    let mut lines: Vec<&str> = unified
        .lines()
        .filter(|line| !line.starts_with("@@"))
        .collect();
    let more = lines.len().saturating_sub(MAX_LINES);
    lines.truncate(MAX_LINES);
    let mut shown = lines.join("\n");
    if more > 0 {
        shown.push_str(&format!("\n… {more} more lines"));
    }
    shown
}

/// The members of a definition, in the order in which people want to read them.
const MEMBERS: [&str; 6] = [
    "name",
    "title",
    "description",
    "annotations",
    "inputSchema",
    "outputSchema",
];

/// Each member on lines of its own, and each line of a description too.
fn text(definition: &Value) -> String {
    let mut text = String::new();
    for (key, value) in MEMBERS
        .iter()
        .filter_map(|key| Some((key, definition.get(key)?)))
    {
        match value {
            Value::String(words) if words.contains('\n') => {
                text.push_str(&format!("{key}:\n"));
                for line in words.split('\n') {
                    text.push_str(&format!("  {}\n", sanitize(line)));
                }
            }
            Value::String(words) => text.push_str(&format!("{key}: {}\n", sanitize(words))),
            value => {
                let pretty = format!("{value:#}");
                text.push_str(&format!("{key}: "));
                for line in pretty.split('\n') {
                    text.push_str(&sanitize(line));
                    text.push('\n');
                }
            }
        }
    }
    text
}

/// The line with invisible characters as escapes: in a changed description a reviewer must see them.
fn sanitize(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for letter in line.chars() {
        match is_plain(letter) {
            true => out.push(letter),
            false => out.extend(letter.escape_unicode()),
        }
    }
    out
}

/// Whether a reviewer sees the character as what it is. Variation selectors are safe to show, and not seen.
pub(super) fn is_plain(letter: char) -> bool {
    is_safe(letter) && !matches!(letter, '\u{fe00}'..='\u{fe0f}')
}
