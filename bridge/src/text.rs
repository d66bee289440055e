//! Text from outside, made safe to show. Owns which characters a log, an error or a terminal gets as they are, which
//! ones it gets as escapes, and how long a shown text is. Hides no secrets: `secret.rs` does, before a text is cut
//! here. Never touches what a program reads: a result in a pipe or the value of a JSON string.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::time::Duration;

/// Bytes of one shown line. What is longer is cut, and says how much is missing.
pub const LONGEST_LINE: usize = 8 * 1024;
/// Bytes of one shown message of several lines.
pub const LONGEST_MESSAGE: usize = 32 * 1024;

/// Text as one line: what ends a line, moves a cursor, reorders or hides text is an escape like `\u{1b}`.
/// At most [`LONGEST_LINE`] bytes, and a note of what is missing.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    short(text, LONGEST_LINE)
}

/// The same with at most so many bytes, and a note of what is missing.
#[must_use]
pub fn short(text: &str, most: usize) -> Cow<'_, str> {
    safe(text, Kept::Line, most)
}

/// Text of any length whose line feeds and tabs stay: a page for people.
#[must_use]
pub fn page(text: &str) -> Cow<'_, str> {
    safe(text, Kept::Page, usize::MAX)
}

/// A message whose line feeds and tabs stay, with at most [`LONGEST_MESSAGE`] bytes and a note of what is missing.
/// The caller indents its lines, so that none of them passes for a line of the host.
#[must_use]
pub fn message(text: &str) -> Cow<'_, str> {
    safe(text, Kept::Page, LONGEST_MESSAGE)
}

/// Text of at most so many bytes, as it is otherwise: for the value of a JSON string.
#[must_use]
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let kept = &text[..text.floor_char_boundary(most)];
    let missing = text.len() - kept.len();
    Cow::Owned(format!("{kept}{}", Missing(missing)))
}

/// JSON text whose strings hold the same values, with the escapes of JSON in place of what must not be shown.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    if text.chars().all(|letter| Kept::Page.shows(letter)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    for letter in text.chars() {
        if Kept::Page.shows(letter) {
            out.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Cow::Owned(out)
}

/// One field of a log event: the message as it is, another one behind its name. One line, and cut like any.
///
/// # Errors
///
/// When `out` fails.
pub fn field(out: &mut dyn Write, name: &str, value: &dyn fmt::Debug) -> fmt::Result {
    if name != "message" {
        write!(out, "{}=", name.strip_prefix("r#").unwrap_or(name))?;
    }
    // A line that was made and cut by `line` passes as it is.
    let mut line = Line::with_room(out, LONGEST_LINE + Missing::LONGEST);
    write!(line, "{value:?}")?;
    line.finish().map(drop)
}

/// Foreign bytes as one line, with blanks in place of what is not shown.
pub(crate) fn sanitize(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text
        .chars()
        .map(|letter| if is_safe(letter) { letter } else { ' ' })
        .collect();
    shown.trim_end().to_owned()
}

/// `16 MiB`, or `1000 bytes` where that would not be exact.
pub(crate) fn mebibytes(bytes: usize) -> String {
    match bytes {
        bytes if bytes > 0 && bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes => format!("{bytes} bytes"),
    }
}

/// `1.5 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Whether a character may stand in a line that is shown.
#[must_use]
pub fn is_safe(letter: char) -> bool {
    Kept::Line.shows(letter)
}

/// Takes text in pieces and writes one line.
pub struct Line<W> {
    out: W,
    kept: Kept,
    room: usize,
    missing: usize,
}

impl<W: Write> Line<W> {
    /// A line of at most [`LONGEST_LINE`] bytes.
    pub fn new(out: W) -> Self {
        Self::with_room(out, LONGEST_LINE)
    }

    fn with_room(out: W, room: usize) -> Self {
        Self {
            out,
            kept: Kept::Line,
            room,
            missing: 0,
        }
    }

    /// Whether the line was cut, so that nothing more is shown.
    pub fn is_full(&self) -> bool {
        self.missing > 0
    }

    /// Says how much is missing, where something is.
    ///
    /// # Errors
    ///
    /// When the writer below fails.
    pub fn finish(mut self) -> Result<W, fmt::Error> {
        if self.missing > 0 {
            write!(self.out, "{}", Missing(self.missing))?;
        }
        Ok(self.out)
    }

    /// Writes a piece that is written whole or not at all.
    fn piece(&mut self, shown: &str, bytes: usize) -> fmt::Result {
        // Once something is missing, all that follows is: a line has no holes.
        if self.missing > 0 || shown.len() > self.room {
            self.missing = self.missing.saturating_add(bytes);
            return Ok(());
        }
        self.room -= shown.len();
        self.out.write_str(shown)
    }
}

impl<W: Write> Write for Line<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if self.missing > 0 {
                self.missing = self.missing.saturating_add(rest.len());
                return Ok(());
            }
            if !self.kept.shows(first) {
                self.piece(&first.escape_unicode().to_string(), first.len_utf8())?;
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let end = rest.find(|letter| !self.kept.shows(letter));
            let run = &rest[..end.unwrap_or(rest.len())];
            let fits = run.floor_char_boundary(self.room);
            self.piece(&run[..fits], fits)?;
            if fits < run.len() {
                self.missing = self.missing.saturating_add(rest.len() - fits);
                return Ok(());
            }
            rest = &rest[run.len()..];
        }
        Ok(())
    }
}

fn safe(text: &str, kept: Kept, most: usize) -> Cow<'_, str> {
    if text.len() <= most && text.chars().all(|letter| kept.shows(letter)) {
        return Cow::Borrowed(text);
    }
    let mut line = Line {
        out: String::new(),
        kept,
        room: most,
        missing: 0,
    };
    // Writing to a String cannot fail.
    let _ = line.write_str(text);
    Cow::Owned(line.finish().unwrap_or_default())
}

/// What stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// What is seen, in its order.
    Line,
    /// Line feeds and tabs too, and the two joiners, which Persian and emoji are written with.
    Page,
}

impl Kept {
    fn shows(self, letter: char) -> bool {
        let stays = self == Self::Page && matches!(letter, '\n' | '\t' | '\u{200c}' | '\u{200d}');
        stays || (' '..='~').contains(&letter) || !is_hidden(letter)
    }
}

/// Control characters (C0, DEL, C1), line and paragraph separators, what reorders text (Unicode TR 9), and what has no
/// width. Variation selectors stay: they say whether a sign is an emoji.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{2028}' | '\u{2029}'
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The note of what is missing.
struct Missing(usize);

impl Missing {
    /// Bytes of the longest note.
    const LONGEST: usize = 64;
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "… ({} more bytes)", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_line_ends_it_or_steers_a_terminal() {
        assert_eq!(
            line("a\nb\r\t\x1b[31mred\u{9b}1m\u{7f}\u{202e}x\u{2028}y\u{200b}z\u{e0041}"),
            "a\\u{a}b\\u{d}\\u{9}\\u{1b}[31mred\\u{9b}1m\\u{7f}\\u{202e}x\\u{2028}y\\u{200b}z\\u{e0041}"
        );
        let all: String = (0..=u32::from(char::MAX))
            .filter_map(char::from_u32)
            .collect();
        let shown = safe(&all, Kept::Line, usize::MAX);
        assert!(shown.chars().all(is_safe));
        assert!(!shown.contains(char::is_control));
    }

    #[test]
    fn plain_text_of_any_language_stays() {
        let text = "Grüße, 你好, שלום, ❤\u{fe0f} — \\u{1b}";
        assert!(matches!(line(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn line_feeds_tabs_and_joiners_of_a_page_stay() {
        assert_eq!(
            page("a\tb\n\u{200d}c\r\n\x1b]0;t\x07"),
            "a\tb\n\u{200d}c\\u{d}\n\\u{1b}]0;t\\u{7}"
        );
    }

    #[test]
    fn long_text_is_cut_with_the_number_of_missing_bytes() {
        assert_eq!(short("äöü", 3), "ä… (4 more bytes)");
        // An escape is shown whole or not at all.
        assert_eq!(short("ab\x1bcd", 5), "ab… (3 more bytes)");
        let long = "x".repeat(1 << 20);
        let shown = line(&long);
        assert!(shown.ends_with("… (1040384 more bytes)"), "{}", shown.len());
        assert_eq!(cut("äöü", 3), "ä… (4 more bytes)");
    }

    #[test]
    fn line_in_pieces_is_the_same_line() {
        let mut line = Line::with_room(String::new(), 8);
        for piece in ["ab", "\n", "cdef", "g", "\u{202e}"] {
            line.write_str(piece).unwrap_or_default();
        }
        assert!(line.is_full());
        assert_eq!(line.finish().as_deref(), Ok("ab\\u{a}c… (7 more bytes)"));
    }

    #[test]
    fn field_of_an_event_is_one_line_after_its_name() {
        let mut out = String::new();
        let value = format_args!("a\n2026-01-01T00:00:00Z ERROR fake\x1b[0m");
        assert_eq!(field(&mut out, "tool", &value), Ok(()));
        assert_eq!(out, "tool=a\\u{a}2026-01-01T00:00:00Z ERROR fake\\u{1b}[0m");
        // What was cut once is not cut again.
        let cut = line(&"x".repeat(100_000)).into_owned();
        let mut out = String::new();
        assert_eq!(field(&mut out, "message", &format_args!("{cut}")), Ok(()));
        assert_eq!(out, cut);
    }

    #[test]
    fn json_holds_the_same_values_behind_escapes() {
        let value = serde_json::json!({ "a": "\x1b\u{9b}\u{202e}\u{2028}\u{e0041}\nb" });
        let shown = json(&format!("{value:#}")).into_owned();
        assert!(shown.chars().all(|letter| Kept::Page.shows(letter)));
        let back: Result<serde_json::Value, _> = serde_json::from_str(&shown);
        assert_eq!(back.ok(), Some(value));
    }
}
