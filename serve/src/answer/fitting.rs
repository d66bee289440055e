//! As much of a result as fits into an answer, with what is missing of it.

use mcp_codegen::names::shown;
use mcp_search::estimated_tokens;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::shelf::KEPT_FOR;

/// The most that an agent can ask for: clients warn above this.
pub(crate) const MOST_TOKENS: usize = 9_000;

/// A longer result is not counted: its tokens are guessed from its length.
const COUNTED: usize = 1 << 20;

/// No token is longer than this on average, in bytes.
const TOKEN: usize = 16;

/// Bytes of a result in an answer, where its tokens are unusually long.
const LONGEST_RESULT: usize = 56 << 10;

/// The result, or its beginning up to a boundary of JSON, with a note of what is missing.
pub(super) fn fitting(result: &str, run: &str, max_tokens: usize) -> String {
    let most = max_tokens.clamp(1, MOST_TOKENS);
    let all = if result.len() <= COUNTED {
        estimated_tokens(result)
    } else {
        result.len() / 4
    };
    if all <= most && result.len() <= LONGEST_RESULT {
        return result.to_owned();
    }
    let head = most.saturating_mul(TOKEN).min(LONGEST_RESULT);
    let head = result.floor_char_boundary(head);
    let kept = beginning(&result[..head], most);
    let what = contents(result);
    let minutes = KEPT_FOR.as_secs() / 60;
    format!(
        "{kept}\n[truncated: {} of {} tokens; value has {what}. Rest: import r from \"run:{run}\" ({minutes} min)]",
        grouped(estimated_tokens(kept)),
        grouped(all)
    )
}

/// As much of a JSON text as fits, up to the end of a value.
fn beginning(text: &str, most: usize) -> &str {
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = text
            .floor_char_boundary((low + high).div_ceil(2))
            .max(low + 1);
        let middle = text.ceil_char_boundary(middle);
        if middle <= high && estimated_tokens(&text[..middle]) <= most {
            low = middle;
        } else {
            high = text.floor_char_boundary(middle.saturating_sub(1));
        }
    }
    let kept = &text[..text.floor_char_boundary(low)];
    let (mut end, mut in_string, mut escaped) = (0, false, false);
    for (at, byte) in kept.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b',' => end = at,
            b'}' | b']' => end = at + 1,
            _ => {}
        }
    }
    // A long text has no boundary but its own characters.
    if end == 0 { kept } else { &kept[..end] }
}

/// What the value has, so that the script of the rest knows where to look: `items[412], pageInfo`. Makes no tree of it.
fn contents(text: &str) -> String {
    const MOST: usize = 8;
    let length = |text: &str| serde_json::from_str::<Vec<IgnoredAny>>(text).ok();
    if let Some(items) = length(text) {
        return format!("[{}]", items.len());
    }
    if let Ok(object) = serde_json::from_str::<Members<'_>>(text) {
        let members = object.0.iter().take(MOST);
        let mut names: Vec<_> = members
            .map(|(name, value)| match length(value.get()) {
                Some(items) => format!("{}[{}]", shown(name), items.len()),
                None => shown(name),
            })
            .collect();
        if object.0.len() > MOST {
            names.push(format!("{} more", object.0.len() - MOST));
        }
        return names.join(", ");
    }
    match serde_json::from_str::<String>(text) {
        Ok(text) => format!("{} characters", grouped(text.chars().count())),
        Err(_) => "one value".to_owned(),
    }
}

/// The members of an object, in their order, each as its text.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// `61,233`
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
