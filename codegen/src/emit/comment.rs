//! Writes foreign text as WIT doc comments that it cannot break out of. Every line starts with `///`. Invisible
//! characters, and those that reorder text or control a terminal, are dropped. Toolchains copy the lines into comments
//! and texts of other languages unchanged, so no line ends one of those either.

use crate::names::is_invisible;

/// The most bytes of one text that are written.
const LONGEST: usize = 16_384;

/// Appends `text` as doc comment lines with this indentation. Writes nothing if no visible character is left.
pub(crate) fn doc(out: &mut String, indent: &str, text: &str) {
    if is_plain(text.as_bytes()) {
        let line = text.trim();
        if !line.is_empty() {
            out.push_str(indent);
            out.push_str("/// ");
            push_inert(out, line);
            out.push('\n');
        }
        return;
    }
    let mut lines = Lines {
        out,
        indent,
        blank_before: false,
        written: false,
    };
    for line in text[..text.floor_char_boundary(LONGEST)].lines() {
        if is_plain(line.as_bytes()) {
            lines.push(|out| out.push_str(line));
            continue;
        }
        for part in line.split(BREAKS) {
            lines.push(|out| push_visible(out, part));
        }
    }
}

/// Every character except the line feed that some program treats as a line break.
const BREAKS: [char; 6] = ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Comment lines as written. Several blank lines become one, and the first and last lines are not blank.
struct Lines<'o> {
    out: &'o mut String,
    indent: &'o str,
    blank_before: bool,
    written: bool,
}

impl Lines<'_> {
    fn push(&mut self, line: impl FnOnce(&mut String)) {
        let start = self.out.len();
        if self.blank_before {
            self.out.push_str(self.indent);
            self.out.push_str("///\n");
        }
        self.out.push_str(self.indent);
        self.out.push_str("/// ");
        let content = self.out.len();
        line(self.out);
        let kept = self.out.trim_end().len();
        if kept < content {
            self.out.truncate(start);
            self.blank_before = self.written;
            return;
        }
        self.out.truncate(kept);
        if !is_inert(&self.out[content..]) {
            let line = self.out.split_off(content);
            push_inert(self.out, &line);
        }
        self.out.push('\n');
        self.blank_before = false;
        self.written = true;
    }
}

/// Writes one line that has no effect in any language: on its own line in `/* */` or between three quotes, or behind
/// `//`.
pub(crate) fn push_inert(out: &mut String, line: &str) {
    if is_inert(line) {
        out.push_str(line);
        return;
    }
    let mut before = ['\0'; 2];
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        let after = chars.peek();
        let char = match char {
            // Three of them end a Python string.
            '"' if before == ['"'; 2] => '”',
            '\'' if before == ['\''; 2] => '’',
            // Before the end of a line it joins two lines, and Python rejects a string with an unfinished escape.
            '\\' if matches!(after, None | Some('N' | 'U' | 'u' | 'x')) => '∖',
            '/' if before[1] == '*' => {
                out.push(' ');
                '/'
            }
            // In C, the three form a backslash.
            '/' if before == ['?'; 2] && after.is_none() => {
                out.push(' ');
                '/'
            }
            '@' if before[1] == '{' => {
                out.push(' ');
                '@'
            }
            char => char,
        };
        out.push(char);
        before = [before[1], char];
    }
}

fn is_inert(line: &str) -> bool {
    let bytes = line.as_bytes();
    let harmful = |at: usize, byte: u8| match byte {
        b'"' | b'\'' => bytes[..at].ends_with(&[byte, byte]),
        b'\\' => matches!(bytes.get(at + 1), None | Some(b'N' | b'U' | b'u' | b'x')),
        b'/' => {
            let last = at + 1 == bytes.len();
            bytes[..at].ends_with(b"*") || (last && bytes[..at].ends_with(b"??"))
        }
        b'@' => bytes[..at].ends_with(b"{"),
        _ => false,
    };
    !bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| harmful(at, *byte))
}

/// Whether the line is printable ASCII, as most descriptions are: it then needs no check of each character.
fn is_plain(text: &[u8]) -> bool {
    // Whole blocks without a branch inside, which the compiler makes vector instructions of.
    let printable = |block: &[u8]| {
        block
            .iter()
            .fold(true, |plain, byte| plain & (0x20..0x7f).contains(byte))
    };
    let (blocks, rest) = text.as_chunks::<32>();
    text.len() <= LONGEST && blocks.iter().all(|block| printable(block)) && printable(rest)
}

fn push_visible(out: &mut String, line: &str) {
    for char in line.chars() {
        match char {
            '\t' => out.push(' '),
            char if char.is_control() || is_invisible(char) => {}
            char => out.push(char),
        }
    }
}
