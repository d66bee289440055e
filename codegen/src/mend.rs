//! JSON text that a server wrote ill: what is wrong with it, and the two faults that cost more than they are worth.
//! Changes nothing without saying so to its caller, and parses nothing.

/// What a caller says of a text that [`not_unicode`] has changed.
pub const NOT_UNICODE: &str =
    "text that is not Unicode (a lone surrogate, bytes that are not UTF-8) is read as U+FFFD";
/// What a caller says of a text that [`not_a_number`] has changed.
pub const NOT_A_NUMBER: &str = "`NaN` and `Infinity` are not JSON, and are read as null";

/// The text with U+FFFD in place of each lone surrogate (`\ud83d` without its other half) and of bytes that are not
/// UTF-8; `None` where it has neither.
#[must_use]
pub fn not_unicode(text: &[u8]) -> Option<Vec<u8>> {
    let lossy = match String::from_utf8_lossy(text) {
        std::borrow::Cow::Borrowed(_) => None,
        std::borrow::Cow::Owned(text) => Some(text.into_bytes()),
    };
    let valid = lossy.as_deref().unwrap_or(text);
    let lone = lone_surrogates(valid);
    if lone.is_empty() {
        return lossy;
    }
    let mut mended = lossy.unwrap_or_else(|| text.to_vec());
    for at in lone {
        // As long as the escape that it replaces.
        mended[at..at + 6].copy_from_slice(br"\ufffd");
    }
    Some(mended)
}

/// The text with `null` in place of `NaN` and of infinities, which Python writes and JSON does not have; `None` where
/// it has none.
#[must_use]
pub fn not_a_number(text: &[u8]) -> Option<Vec<u8>> {
    const NAMES: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut mended = Vec::new();
    let (mut kept, mut at) = (0, 0);
    while at < text.len() {
        if text[at] == b'"' {
            at = end_of_string(text, at);
            continue;
        }
        match NAMES.iter().find(|name| text[at..].starts_with(name)) {
            Some(name) => {
                mended.extend_from_slice(&text[kept..at]);
                mended.extend_from_slice(b"null");
                at += name.len();
                kept = at;
            }
            None => at += 1,
        }
    }
    if kept == 0 {
        return None;
    }
    mended.extend_from_slice(&text[kept..]);
    Some(mended)
}

/// Values that other languages write, and JSON has not.
const VALUES: [(&str, &str); 7] = [
    ("NaN", "`NaN` is not a value of JSON"),
    ("-Infinity", "`-Infinity` is not a value of JSON"),
    ("Infinity", "`Infinity` is not a value of JSON"),
    ("undefined", "`undefined` is not a value of JSON"),
    (
        "None",
        "`None` is not a value of JSON (Python's `repr` is not JSON)",
    ),
    (
        "True",
        "`True` is not a value of JSON (Python's `repr` is not JSON)",
    ),
    (
        "False",
        "`False` is not a value of JSON (Python's `repr` is not JSON)",
    ),
];

/// What they write around values.
const MARKS: [(&str, &str); 2] = [
    ("'", "JSON quotes text with `\"`, not with `'`"),
    ("/", "JSON has no comments"),
];

/// The value of another language that stands at this byte.
#[must_use]
pub fn foreign_value(text: &[u8], place: usize) -> Option<&'static str> {
    among(&VALUES, text, place)
}

fn among(
    known: &[(&'static str, &'static str)],
    text: &[u8],
    place: usize,
) -> Option<&'static str> {
    // A parser stops at the first byte, or behind the sign or the letter that fits no longer.
    let found = known.iter().find(|(name, _)| {
        (0..=1).any(|back| {
            place
                .checked_sub(back)
                .and_then(|at| text.get(at..))
                .is_some_and(|rest| rest.starts_with(name.as_bytes()))
        })
    });
    found.map(|(_, why)| *why)
}

/// What a parser said of the text, with the name of what it met where that is known.
#[must_use]
pub fn fault(text: &[u8], error: &serde_json::Error) -> String {
    if matches!(
        text,
        [0, _, ..] | [_, 0, ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..]
    ) {
        return "it is UTF-16, and JSON is UTF-8".to_owned();
    }
    let place = position(text, error.line(), error.column());
    let known = foreign_value(text, place).or_else(|| among(&MARKS, text, place));
    match known.or_else(|| punctuation(text, place)) {
        Some(why) => format!("{why}: {error}"),
        None if text.trim_ascii().is_empty() => "it is empty".to_owned(),
        None => error.to_string(),
    }
}

/// What is wrong with the byte at this place and the one before it, where other languages write JSON that way.
fn punctuation(text: &[u8], place: usize) -> Option<&'static str> {
    let byte = text.get(place)?;
    match (text[..place].trim_ascii_end().last()?, byte) {
        (b',', b'}' | b']') => Some("JSON has no comma before a closing bracket"),
        (b'{' | b',', byte) if byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$') => {
            Some("JSON quotes the names of members")
        }
        _ => None,
    }
}

/// The place of the byte at a line and a column, both from 1.
fn position(text: &[u8], line: usize, column: usize) -> usize {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    before + column.saturating_sub(1)
}

/// Where the escapes of lone surrogates start.
fn lone_surrogates(text: &[u8]) -> Vec<usize> {
    let mut lone = Vec::new();
    let (mut at, mut high) = (0, None);
    while at < text.len() {
        if text[at] != b'\\' {
            lone.extend(high.take());
            at += 1;
            continue;
        }
        match (surrogate(&text[at..]), high) {
            (Some(Half::High), _) => lone.extend(high.replace(at)),
            (Some(Half::Low), Some(_)) => high = None,
            (Some(Half::Low), None) => lone.push(at),
            (None, _) => lone.extend(high.take()),
        }
        at += if text[at..].starts_with(br"\u") { 6 } else { 2 };
    }
    lone.extend(high);
    lone
}

enum Half {
    High,
    Low,
}

/// Which half of a pair an escape is, if it is one.
fn surrogate(text: &[u8]) -> Option<Half> {
    let digits = std::str::from_utf8(text.strip_prefix(br"\u")?.get(..4)?).ok()?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

/// The byte behind the string that begins here.
#[must_use]
pub fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while text.get(at).is_some_and(|byte| *byte != b'"') {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::Value;

    use super::*;

    #[test]
    fn lone_surrogate_becomes_the_replacement_character_and_a_pair_stays() {
        for (text, read) in [
            (r#"["cut \ud83d end"]"#, "cut \u{fffd} end"),
            (r#"["\ud83d\ud83d\ude00"]"#, "\u{fffd}\u{1f600}"),
            (r#"["\ude00\ud83d"]"#, "\u{fffd}\u{fffd}"),
            (r#"["\ud83d\n\\ud83d\uDBFF"]"#, "\u{fffd}\n\\ud83d\u{fffd}"),
        ] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
            let mended = not_unicode(text.as_bytes()).unwrap();
            let value: Value = serde_json::from_slice(&mended).unwrap();
            assert_eq!(value[0], read, "{text}");
        }
        for text in [r#"["\ud83d\ude00 \\ud83d é"]"#, r#"["\u"#, r#"["\"#] {
            assert_eq!(not_unicode(text.as_bytes()), None, "{text}");
        }
        let latin = b"[\"menu\xe9 \\ud800\"]";
        let value: Value = serde_json::from_slice(&not_unicode(latin).unwrap()).unwrap();
        assert_eq!(value[0], "menu\u{fffd} \u{fffd}");
    }

    #[test]
    fn number_that_json_does_not_have_becomes_null_outside_of_text() {
        let text = br#"{"NaN": [NaN, -Infinity,Infinity, "\"NaN", 1]}"#;
        let mended = not_a_number(text).unwrap();
        assert_eq!(
            String::from_utf8(mended).unwrap(),
            r#"{"NaN": [null, null,null, "\"NaN", 1]}"#
        );
        assert_eq!(not_a_number(br#"["NaN", null, -1]"#), None);
    }

    #[test]
    fn what_the_parser_met_is_named() {
        for (text, name) in [
            ("{\"a\":\n NaN}", "`NaN`"),
            ("[-Infinity]", "`-Infinity`"),
            ("[1, Infinity]", "`Infinity`"),
            ("{\"a\": None}", "`None`"),
            ("{'a': 1}", "`'`"),
            ("[ /* c */ ]", "comments"),
            ("{\"a\": 1,\n }", "no comma before"),
            ("[1, ]", "no comma before"),
            ("{a: 1}", "quotes the names"),
            ("{\"a\": 1, _b: 2}", "quotes the names"),
            (" ", "it is empty"),
            ("[\0]\0", "UTF-16"),
        ] {
            let error = serde_json::from_str::<Value>(text).unwrap_err();
            let fault = fault(text.as_bytes(), &error);
            assert!(fault.contains(name), "{text}: {fault}");
        }
        let error = serde_json::from_str::<Value>("[1").unwrap_err();
        assert_eq!(fault(b"[1", &error), error.to_string());
    }
}
