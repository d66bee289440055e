//! Values that a script cannot have as they were written: numbers of more digits than a double has, and text that is
//! not Unicode. Names the first members of a run; of each tool, a name once.

use std::sync::{Mutex, PoisonError};

use mcp_bridge::text;
use mcp_codegen::{mend, numbers};

use crate::rules::limits::{Account, Stop};

/// The members that are named in one run.
const MOST: usize = 5;
/// Numbers of one text whose digits are compared; whole ones of 64 bits do not count.
const MOST_COMPARED: usize = 10_000;
/// A number of so many characters, without an exponent, is exact.
const EXACT: usize = 15;
/// A number with a fraction and so many digits counts as exact.
const FRACTION: usize = 17;
/// Levels of a place that are named.
const LEVELS: usize = 32;
/// Characters of a number or of a name that are shown.
const SHOWN: usize = 60;

/// What was found in one run.
#[derive(Default)]
pub(crate) struct Changed(Mutex<Vec<Found>>);

struct Found {
    whole: String,
    member: String,
    sentence: String,
}

impl Changed {
    /// Names the members of a JSON text whose numbers a script gets as others.
    pub(crate) fn note_numbers(&self, whole: &str, json: &str) {
        let mut found = self.lock();
        let mut compared = 0;
        walk(json, |token, place| {
            if token.starts_with('"') || is_surely_exact(token) {
                return true;
            }
            let member = place.member();
            if found.iter().any(|had| had.is(whole, member)) {
                return true;
            }
            if found.len() >= MOST || compared >= MOST_COMPARED {
                return false;
            }
            compared += 1;
            if let Some(other) = inexact(token) {
                let sentence = format!(
                    "{} is {}, and JavaScript has {other} for it: a component keeps every digit, and so does a text",
                    place.of(whole),
                    text::cut(token, SHOWN),
                );
                found.push(Found {
                    whole: whole.to_owned(),
                    member: member.to_owned(),
                    sentence,
                });
            }
            true
        });
    }

    /// The JSON text with U+FFFD in place of halves of surrogate pairs, whose first member is named.
    pub(crate) fn well_formed(
        &self,
        whole: &str,
        json: String,
        account: &Account,
    ) -> Result<String, Stop> {
        if !has_surrogate(&json) {
            return Ok(json);
        }
        // The copy, and where the halves are.
        let _held = account.charge(3 * json.len())?;
        let Some(mended) = mend::not_unicode(json.as_bytes()) else {
            return Ok(json);
        };
        let mut found = self.lock();
        walk(&json, |token, place| {
            if !has_surrogate(token) || mend::not_unicode(token.as_bytes()).is_none() {
                return true;
            }
            let member = place.member();
            if found.len() < MOST && !found.iter().any(|had| had.is(whole, member)) {
                let sentence = format!(
                    "{} has half of a surrogate pair, which is read as U+FFFD: cut text between characters, as \
                     `[...text].slice(0, 80).join(\"\")` does",
                    place.of(whole),
                );
                found.push(Found {
                    whole: whole.to_owned(),
                    member: member.to_owned(),
                    sentence,
                });
            }
            false
        });
        Ok(String::from_utf8(mended).unwrap_or(json))
    }

    /// What was found, a sentence each.
    pub(crate) fn take(&self) -> Vec<String> {
        let found = std::mem::take(&mut *self.lock());
        found.into_iter().map(|found| found.sentence).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    fn is(&self, whole: &str, member: &str) -> bool {
        self.whole == whole && self.member == member
    }
}

fn has_surrogate(json: &str) -> bool {
    json.contains("\\ud") || json.contains("\\uD")
}

fn is_surely_exact(token: &str) -> bool {
    if token.len() <= EXACT && !token.contains(['e', 'E']) {
        return true;
    }
    let Ok(whole) = token.parse::<i64>() else {
        return false;
    };
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "whether something is lost is the question"
    )]
    let back = whole as f64 as i128;
    back == i128::from(whole)
}

/// What a script has for this number, if it is another one.
fn inexact(token: &str) -> Option<String> {
    let number = serde_json::from_str(token).ok()?;
    if numbers::double(&number).is_some() {
        return None;
    }
    let double: f64 = token.parse().ok()?;
    // The last digit of a fraction that is no longer than a double is often one of rounding.
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    if double.is_finite() && token.contains('.') && digits <= FRACTION {
        return None;
    }
    Some(match double {
        double if !double.is_finite() => "Infinity".to_owned(),
        double if double.abs() >= 1e21 || double.abs() < 1e-6 => format!("{double:e}"),
        double => double.to_string(),
    })
}

/// Where a value is.
struct Place<'a> {
    text: &'a str,
    /// The innermost `LEVELS` levels at most are here.
    levels: Vec<Level>,
    /// Levels below those.
    deeper: usize,
}

enum Level {
    /// The name, as it stands between its quotes; empty before the first.
    Member(usize, usize),
    Item(usize),
}

impl Place<'_> {
    /// The name of the innermost member.
    fn member(&self) -> &str {
        let mut names = self.levels.iter().rev().filter_map(|level| match level {
            Level::Member(start, end) => self.text.get(*start..*end),
            Level::Item(_) => None,
        });
        names.next().unwrap_or_default()
    }

    /// `` `items[0].id` of the input ``
    fn of(&self, whole: &str) -> String {
        let mut path = String::new();
        for level in &self.levels {
            match level {
                Level::Member(start, end) => {
                    let name = self.text.get(*start..*end).unwrap_or_default();
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&text::cut(name, SHOWN));
                }
                Level::Item(place) => path.push_str(&format!("[{place}]")),
            }
        }
        if self.deeper > 0 {
            path.push_str("...");
        }
        match path.as_str() {
            "" => whole.to_owned(),
            path => format!("`{path}` of {whole}"),
        }
    }
}

/// Calls `visit` with each string and each number of a JSON text, names included, until it returns `false`.
fn walk(json: &str, mut visit: impl FnMut(&str, &Place<'_>) -> bool) {
    let bytes = json.as_bytes();
    let mut place = Place {
        text: json,
        levels: Vec::new(),
        deeper: 0,
    };
    let mut at = 0;
    // Whether the next string is a name.
    let mut names = false;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' if place.levels.len() >= LEVELS => place.deeper += 1,
            b'{' => {
                place.levels.push(Level::Member(start, start));
                names = true;
            }
            b'[' => {
                place.levels.push(Level::Item(0));
                names = false;
            }
            b'}' | b']' if place.deeper > 0 => place.deeper -= 1,
            b'}' | b']' => {
                place.levels.pop();
                names = false;
            }
            b',' if place.deeper == 0 => match place.levels.last_mut() {
                Some(Level::Item(number)) => *number += 1,
                Some(Level::Member(..)) => names = true,
                None => {}
            },
            b':' => names = false,
            b'"' => {
                at = end_of_string(bytes, start);
                if names
                    && place.deeper == 0
                    && let Some(Level::Member(from, to)) = place.levels.last_mut()
                {
                    (*from, *to) = (start + 1, at.saturating_sub(1).max(start + 1));
                }
                if !json.get(start..at).is_none_or(|token| visit(token, &place)) {
                    return;
                }
            }
            b'-' | b'0'..=b'9' => {
                let digits = bytes[at..].iter();
                let is_part =
                    |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                at += digits.take_while(is_part).count();
                if !visit(&json[start..at], &place) {
                    return;
                }
            }
            _ => {}
        }
    }
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::limits::Account;

    fn noted(json: &str) -> Vec<String> {
        let changed = Changed::default();
        changed.note_numbers("the input", json);
        changed.take()
    }

    #[test]
    fn number_that_a_double_has_not_is_named_once_for_each_member() {
        let said = noted(
            r#"{"a":[{"id":1915883588174806058},{"id":9007199254740993}],"b":1e400,"c\"":"9007199254740993"}"#,
        );
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(
            said[0].starts_with(
                "`a[0].id` of the input is 1915883588174806058, and JavaScript has 1915883588174806000 for it"
            ),
            "{said:?}"
        );
        assert!(
            said[1].starts_with("`b` of the input is 1e400, and JavaScript has Infinity"),
            "{said:?}"
        );
        assert!(noted("9007199254740993")[0].starts_with("the input is 9007199254740993"));
    }

    #[test]
    fn number_that_a_double_has_is_not_named() {
        let said = noted(
            r#"[0.1, 1.5e3, -12, 9007199254740992, 1152921504606846976, 51.507350999999996, 123456789.12345678, -0.0]"#,
        );
        assert_eq!(said, Vec::<String>::new());
    }

    #[test]
    fn so_many_members_are_named_and_no_depth_is_too_much() {
        let members: Vec<_> = (0..20)
            .map(|n| format!("\"m{n}\":9007199254740993"))
            .collect();
        assert_eq!(noted(&format!("{{{}}}", members.join(","))).len(), MOST);
        let deep = format!(
            "{}9007199254740993{}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let said = noted(&deep);
        assert!(said[0].contains("[0]..."), "{said:?}");
        for odd in ["{\"", "[1,", "\"\\", "{\"a\":-", "]}"] {
            noted(odd);
        }
    }

    #[test]
    fn half_of_a_pair_becomes_the_replacement_character_and_is_named() {
        let account = Account::new(1 << 20, None);
        let changed = Changed::default();
        let whole = "the result";
        let pair = r#"{"a":"\ud83d\ude00 \\ud83d"}"#.to_owned();
        assert_eq!(
            changed.well_formed(whole, pair.clone(), &account).ok(),
            Some(pair)
        );
        assert!(changed.take().is_empty());
        let half = r#"{"a":["x","b\ud83d"]}"#.to_owned();
        assert_eq!(
            changed.well_formed(whole, half, &account).ok().as_deref(),
            Some(r#"{"a":["x","b\ufffd"]}"#)
        );
        let said = changed.take();
        assert!(
            said[0].starts_with("`a[1]` of the result has half"),
            "{said:?}"
        );
        // The copy is charged.
        let poor = Account::new(100, None);
        let half = format!("\"{}\\ud83d\"", "x".repeat(100));
        assert!(changed.well_formed(whole, half, &poor).is_err());
    }
}
