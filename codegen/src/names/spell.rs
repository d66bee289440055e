//! The plain label of one name: its letters and digits as words, and words for all other characters. Knows nothing of
//! other names.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest label from a name's own letters; a longer one is cut and gets a hash.
const LONGEST: usize = 64;

/// The plain label of one name: `perPage` -> `per-page`, `5m` -> `n5m`, `+1` -> `plus1`, `中` -> `u4e2d`.
/// Different names may share it; [`labels`](super::labels) tells them apart.
#[must_use]
pub fn label(wire: &str) -> Cow<'_, str> {
    if let Some(label) = plain(wire) {
        return label;
    }
    let mut words = Words::with_capacity(wire.len().min(LONGEST) + 8);
    let bytes = wire.as_bytes();
    let (mut at, mut before) = (0, b' ');
    // Bytes, because only letters and digits of ASCII have rules of their own.
    while let Some(&byte) = bytes.get(at) {
        // One character past the limit is enough to know that the label must be cut.
        if words.text.len() > LONGEST {
            break;
        }
        let after = bytes.get(at + 1);
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => {
                words.push(char::from(byte));
                let run = run(&bytes[at + 1..]);
                words.text.push_str(&wire[at + 1..at + 1 + run]);
                at += run;
            }
            b'A'..=b'Z' => {
                if starts_word(before, &bytes[at + 1..]) {
                    words.end();
                }
                words.push(char::from(byte.to_ascii_lowercase()));
            }
            b'+' | b'-' if at == 0 && after.is_some_and(u8::is_ascii_digit) => {
                words.spell(if byte == b'+' { "plus" } else { "minus" });
            }
            _ if byte.is_ascii() => words.end(),
            _ => {
                words.end();
                if let Some(char) = wire[at..].chars().next() {
                    if !char.is_whitespace() {
                        words.hex(char);
                    }
                    at += char.len_utf8() - 1;
                }
            }
        }
        before = bytes[at];
        at += 1;
    }
    if words.text.is_empty() {
        return Cow::Owned(spelled(wire));
    }
    if words.text.len() > LONGEST {
        return Cow::Owned(cut(&words.text, wire));
    }
    Cow::Owned(words.text)
}

/// The label of a name in `snake_case` or `kebab-case`, which most names are: the same with hyphens.
fn plain(wire: &str) -> Option<Cow<'_, str>> {
    let bytes = wire.as_bytes();
    let (mut word, mut underscores) = (false, false);
    for byte in bytes {
        underscores |= *byte == b'_';
        word = match byte {
            b'a'..=b'z' => true,
            b'0'..=b'9' if word => true,
            b'_' | b'-' if word => false,
            _ => return None,
        };
    }
    if !word || bytes.len() > LONGEST {
        return None;
    }
    Some(if underscores {
        Cow::Owned(wire.replace('_', "-"))
    } else {
        Cow::Borrowed(wire)
    })
}

/// The number of leading lower-case letters and digits, up to the length of a label.
fn run(bytes: &[u8]) -> usize {
    let inside = |byte: &&u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.iter().take(LONGEST).take_while(inside).count()
}

/// Whether the upper-case letter between `before` and `rest` opens a word: `perPage`, `HTMLParser`, but not `IDs`.
fn starts_word(before: u8, rest: &[u8]) -> bool {
    if before.is_ascii_lowercase() || before.is_ascii_digit() {
        return true;
    }
    let lowercase = |at: usize| rest.get(at).is_some_and(u8::is_ascii_lowercase);
    let plural = rest.first() == Some(&b's') && !lowercase(1);
    before.is_ascii_uppercase() && lowercase(0) && !plural
}

/// A label under construction: words of `[a-z][a-z0-9]*` with one hyphen between them.
#[derive(Default)]
struct Words {
    text: String,
    /// The next character opens a word.
    ended: bool,
}

impl Words {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ended: false,
        }
    }

    fn push(&mut self, char: char) {
        if self.ended || self.text.is_empty() {
            let last = self.text.as_bytes().last();
            if char.is_ascii_digit() {
                // Older toolchains require a letter at the start of every word, so `item_1` is `item1` and `5m` is
                // `n5m`.
                match last {
                    None => self.text.push('n'),
                    Some(byte) if byte.is_ascii_digit() => self.text.push_str("-n"),
                    Some(_) => {}
                }
            } else if last.is_some() {
                self.text.push('-');
            }
            self.ended = false;
        }
        self.text.push(char);
    }

    fn end(&mut self) {
        self.ended = true;
    }

    fn spell(&mut self, word: &str) {
        self.end();
        word.chars().for_each(|char| self.push(char));
        self.end();
    }

    fn hex(&mut self, char: char) {
        self.push('u');
        let _ = write!(self.text, "{:x}", u32::from(char));
        self.end();
    }
}

/// The label of a name without a letter or digit: `.` -> `dot`, `<=` -> `less-equals`, the empty name -> `empty`.
fn spelled(wire: &str) -> String {
    let mut words = Words::default();
    for char in wire.chars() {
        match symbol(char) {
            Some(word) => words.spell(word),
            None => {
                words.end();
                words.hex(char);
            }
        }
        if words.text.len() > LONGEST {
            return cut(&words.text, wire);
        }
    }
    if words.text.is_empty() {
        "empty".to_owned()
    } else {
        words.text
    }
}

fn symbol(char: char) -> Option<&'static str> {
    Some(match char {
        ' ' => "space",
        '!' => "bang",
        '"' => "quote",
        '#' => "hash",
        '$' => "dollar",
        '%' => "percent",
        '&' => "and",
        '\'' => "apostrophe",
        '(' => "open",
        ')' => "close",
        '*' => "star",
        '+' => "plus",
        ',' => "comma",
        '-' => "minus",
        '.' => "dot",
        '/' => "slash",
        ':' => "colon",
        ';' => "semicolon",
        '<' => "less",
        '=' => "equals",
        '>' => "greater",
        '?' => "question",
        '@' => "at",
        '\\' => "backslash",
        '^' => "caret",
        '_' => "underscore",
        '|' => "pipe",
        '~' => "tilde",
        _ => return None,
    })
}

fn cut(text: &str, wire: &str) -> String {
    let kept = &text[..LONGEST - 18];
    let kept = kept.rfind('-').map_or(
        kept,
        |hyphen| if hyphen > 16 { &kept[..hyphen] } else { kept },
    );
    format!("{kept}-x{:016x}", hash(wire))
}

/// FNV-1a: the suffixes must be the same on every machine and in every version.
pub(super) fn hash(wire: &str) -> u64 {
    wire.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
