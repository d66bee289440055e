//! Names of members that `serde_json` gives a meaning of its own: an object with one of them becomes a number, or what
//! a text in it says. Finds them in JSON text before it is parsed; changes none.

/// What each such name starts with.
pub const PREFIX: &str = "$serde_json::private::";

/// Whether a string of the JSON text starts with [`PREFIX`], written as it is or with escapes.
#[must_use]
pub fn occurs_in(text: &[u8]) -> bool {
    contains(text, PREFIX.as_bytes()) || contains(text, b"\\u00") && Strings(text).any(is_reserved)
}

/// The strings of a text, without their quotation marks and with their escapes.
struct Strings<'a>(&'a [u8]);

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|byte| *byte == b'"')? + 1;
        let rest = self.0.get(start..)?;
        let mut end = 0;
        while rest.get(end).is_some_and(|byte| *byte != b'"') {
            end += if rest[end] == b'\\' { 2 } else { 1 };
        }
        let end = end.min(rest.len());
        self.0 = rest.get(end + 1..).unwrap_or_default();
        Some(&rest[..end])
    }
}

fn is_reserved(string: &[u8]) -> bool {
    let mut rest = string;
    for expected in PREFIX.bytes() {
        let Some((letter, tail)) = letter(rest) else {
            return false;
        };
        if letter != u32::from(expected) {
            return false;
        }
        rest = tail;
    }
    true
}

/// The next letter of a string, as far as it can be one of [`PREFIX`].
fn letter(string: &[u8]) -> Option<(u32, &[u8])> {
    match string {
        [b'\\', b'u', rest @ ..] => {
            let (digits, tail) = rest.split_at_checked(4)?;
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u32::from_str_radix(digits, 16).ok()?, tail))
        }
        [byte, tail @ ..] => Some((u32::from(*byte), tail)),
        [] => None,
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    // As text, because its search is much faster than one over windows. A text that is not UTF-8 is not parsed.
    match (std::str::from_utf8(text), std::str::from_utf8(part)) {
        (Ok(text), Ok(part)) => text.contains(part),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_found_in_every_spelling_and_nothing_else_is() {
        for text in [
            r#"{"$serde_json::private::Number": "1"}"#,
            r#"{"a\"": [{"\u0024serde_json::private\u003a:RawValue": "[]"}]}"#,
            r#"["\\", {"$serde\u005fjson::private::Number": "1"}]"#,
        ] {
            assert!(occurs_in(text.as_bytes()), "{text}");
        }
        for text in [
            r#"{"serde_json::private::Number": "1"}"#,
            r#"{"a": "\u001b[31m $serde_json"}"#,
            r#"["\u0024", "serde_json::private::Number"]"#,
            r#"["\u00"#,
            r#"["\"#,
            "",
        ] {
            assert!(!occurs_in(text.as_bytes()), "{text}");
        }
    }
}
