//! The plain label of one name: its letters and digits as words, and words for what is neither.
//! Knows nothing of other names.

use std::fmt::Write as _;

/// The longest label that is made of a name's own letters; what is longer is cut and gets a hash.
const LONGEST: usize = 64;

/// The plain label of one name: `perPage` -> `per-page`, `5m` -> `n5m`, `+1` -> `plus1`, `中` -> `u4e2d`.
/// Different names may share it; [`labels`](super::labels) tells them apart.
#[must_use]
pub fn label(wire: &str) -> String {
    if let Some(label) = plain(wire) {
        return label;
    }
    let mut words = Words::default();
    let mut chars = wire.char_indices().peekable();
    let mut before = None;
    while let Some((at, char)) = chars.next() {
        // One character past the limit is enough to know that the label must be cut.
        if words.text.len() > LONGEST {
            break;
        }
        let after = chars.peek().map(|&(_, next)| next);
        match char {
            'a'..='z' => words.push(char),
            'A'..='Z' => {
                if starts_word(before, after, &wire[at + 1..]) {
                    words.end();
                }
                words.push(char.to_ascii_lowercase());
            }
            '0'..='9' => words.push(char),
            '+' | '-' if at == 0 && after.is_some_and(|next| next.is_ascii_digit()) => {
                words.spell(if char == '+' { "plus" } else { "minus" });
            }
            _ if char.is_ascii() || char.is_whitespace() => words.end(),
            _ => {
                words.end();
                words.hex(char);
            }
        }
        before = Some(char);
    }
    if words.text.is_empty() {
        return spelled(wire);
    }
    if words.text.len() > LONGEST {
        return cut(&words.text, wire);
    }
    words.text
}

/// The label of a name in `snake_case` or `kebab-case`, which most are: the same with hyphens.
fn plain(wire: &str) -> Option<String> {
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
        wire.replace('_', "-")
    } else {
        wire.to_owned()
    })
}

/// Whether the upper-case letter between `before` and `after` opens a word: `perPage`, `HTMLParser`, but not `IDs`.
fn starts_word(before: Option<char>, after: Option<char>, rest: &str) -> bool {
    match before {
        Some(char) if char.is_ascii_lowercase() || char.is_ascii_digit() => true,
        Some(char) if char.is_ascii_uppercase() => {
            let plural =
                after == Some('s') && !rest[1..].starts_with(|c: char| c.is_ascii_lowercase());
            after.is_some_and(|next| next.is_ascii_lowercase()) && !plural
        }
        _ => false,
    }
}

/// A label under construction: words of `[a-z][a-z0-9]*` with one hyphen between them.
#[derive(Default)]
struct Words {
    text: String,
    /// The next character opens a word.
    ended: bool,
}

impl Words {
    fn push(&mut self, char: char) {
        if self.ended || self.text.is_empty() {
            let last = self.text.bytes().last();
            if char.is_ascii_digit() {
                // Older toolchains want a letter first in every word, so `item_1` is `item1` and `5m` is `n5m`.
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
