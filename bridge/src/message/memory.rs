//! How much memory a message takes once it is read, estimated from its bytes before any of it is: two
//! bytes of text (`{}`, `0,`) may be a hundred in memory.

use std::io::{self, Write};

use serde::Serialize;

/// What one value takes as an element of an array or an entry of an object that has room for more.
const VALUE: usize = 104;
/// What the first entry of an array and of an object takes besides.
const ARRAY: usize = 304;
const OBJECT: usize = 320;
/// What a key takes besides its text: its place, its hash, and where it is found.
const KEY: usize = 96;

/// The same for a tree without room to grow: an entry or element, what the first one takes besides, a key, and what the
/// allocator adds to a text.
const COMPACT_FIRST: usize = 184;
const COMPACT_KEY: usize = 25;
const COMPACT_TEXT: usize = 24;

/// How deep arrays and objects may be nested.
const DEEPEST: usize = 127;

/// What a number takes besides its place and its digits: it is kept as its text.
const NUMBER: usize = 32;

/// No byte of a text is the beginning of more than this.
pub(super) const MOST_PER_BYTE: usize = OBJECT;

/// How many bytes of memory a JSON text and all that it says take together, in `serde_json` values.
#[must_use]
pub fn of(text: &[u8]) -> usize {
    let mut scale = Scale::default();
    scale.add(text);
    text.len() + scale.kept + scale.longest_with_escape
}

/// The same without the text itself, and without the place in which strings are put together.
pub(super) fn without_text(text: &[u8]) -> usize {
    let mut scale = Scale::default();
    scale.add(text);
    scale.kept
}

/// The same for a tree without room to grow.
pub(super) fn compact(text: &[u8]) -> usize {
    let mut scale = Scale::compact();
    scale.add(text);
    scale.kept
}

/// The same for a value that is kept.
pub(super) fn compact_value(value: &impl Serialize) -> usize {
    let mut scale = Scale::compact();
    match serde_json::to_writer(&mut scale, value) {
        Ok(()) => scale.kept,
        Err(_) => usize::MAX,
    }
}

/// Whether arrays and objects are nested deeper than `serde_json` reads them.
pub(super) fn is_too_deep(text: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// How many bytes a value takes once its text is gone; `usize::MAX` where it cannot be written as JSON.
pub(super) fn of_value(value: &impl Serialize) -> usize {
    let mut scale = Scale::default();
    match serde_json::to_writer(&mut scale, value) {
        Ok(()) => scale.kept + OBJECT,
        Err(_) => usize::MAX,
    }
}

/// A text on the scale, part after part.
#[derive(Default)]
struct Scale {
    is_compact: bool,
    kept: usize,
    in_string: bool,
    escaped: bool,
    in_number: bool,
    // A string with an escape is put together in a place of its own first, which the next one uses again.
    length: usize,
    has_escape: bool,
    longest_with_escape: usize,
}

impl Scale {
    fn compact() -> Self {
        Self {
            is_compact: true,
            ..Self::default()
        }
    }

    fn add(&mut self, text: &[u8]) {
        for &byte in text {
            if self.in_string {
                self.kept += 1;
                self.length += 1;
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => (self.escaped, self.has_escape) = (true, true),
                    b'"' => {
                        self.in_string = false;
                        if self.has_escape {
                            self.longest_with_escape = self.longest_with_escape.max(self.length);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            let of_number = matches!(byte, b'0'..=b'9' | b'-')
                || self.in_number && matches!(byte, b'.' | b'e' | b'E' | b'+');
            self.kept += match byte {
                _ if of_number && self.in_number => 1,
                _ if of_number => NUMBER,
                b'"' => {
                    (self.in_string, self.has_escape, self.length) = (true, false, 0);
                    if self.is_compact { COMPACT_TEXT } else { 0 }
                }
                b',' => VALUE,
                b'{' | b'[' if self.is_compact => COMPACT_FIRST,
                b':' if self.is_compact => COMPACT_KEY,
                b':' => KEY,
                b'[' => ARRAY,
                b'{' => OBJECT,
                _ => 0,
            };
            self.in_number = of_number;
        }
    }
}

impl Write for Scale {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.add(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEBIBYTE: usize = 1 << 20;

    #[test]
    fn memory_of_small_text_with_many_values_is_counted() {
        let flat = format!("[{}0]", "0,".repeat(100_000));
        assert_eq!(of(flat.as_bytes()) / MEBIBYTE, 13);
        let objects = format!("[{}{{}}]", r#"{"":0},"#.repeat(10_000));
        assert_eq!(of(objects.as_bytes()) / MEBIBYTE, 5);
    }

    #[test]
    fn value_takes_what_its_text_says_without_the_text() {
        let value = serde_json::json!({"a": ["x".repeat(1000), {}, 1]});
        let text = value.to_string();
        assert_eq!(of_value(&value), of(text.as_bytes()) - text.len() + OBJECT);
    }

    #[test]
    fn json_in_a_string_counts_as_text() {
        let text = |text: &str| format!(r#"{{"a":"{}"}}"#, text.repeat(200_000));
        assert_eq!(of(text("[{,,:").as_bytes()) / 200_000, 5 * 2);
        assert_eq!(of(text(r#"[\",:"#).as_bytes()) / 200_000, 5 * 3);
    }
}
