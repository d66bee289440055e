//! Text of bounded length, for names and errors that come from a component. The rest is never formatted and costs
//! nothing: an error of Wasmtime can contain names of 100,000 bytes each.

use std::fmt::{self, Write as _};

use crate::event::one_line;

/// Bytes of an error text of Wasmtime or of a decoder.
const ERROR: usize = 4_000;

/// Bytes of one name.
const NAME: usize = 200;

/// Names that a message lists.
const NAMES: usize = 20;

/// Formats a value, cut after this many bytes.
pub(crate) fn short(text: impl fmt::Display, longest: usize) -> String {
    let mut cut = Cut {
        out: String::new(),
        longest,
    };
    // Writing fails at the cut.
    if write!(cut, "{text}").is_err() {
        cut.out.push('…');
    }
    cut.out
}

/// A name on one line, with control characters escaped.
pub(crate) fn name(name: &str) -> String {
    one_line(&short(name, NAME), &[])
}

/// Names for a message: `a`, `b`, and the number of others.
pub(crate) fn names(names: &[String]) -> String {
    let mut text = String::new();
    for (at, known) in names.iter().take(NAMES).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        text.push_str(&format!("{comma}`{}`", name(known)));
    }
    match names.len().saturating_sub(NAMES) {
        0 if text.is_empty() => "nothing".to_owned(),
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// An error with its causes, as one error of bounded length.
pub(crate) fn error(error: &wasmtime::Error) -> wasmtime::Error {
    wasmtime::Error::msg(short(format_args!("{error:#}"), ERROR))
}

struct Cut {
    out: String,
    longest: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = self.longest.saturating_sub(self.out.len());
        if part.len() <= room {
            self.out.push_str(part);
            return Ok(());
        }
        self.out.push_str(&part[..part.floor_char_boundary(room)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("abcd", 3), "abc…");
        assert_eq!(short("aüü", 4), "aü…");
        assert_eq!(short(format_args!("{}{}", "ab", "cd"), 3), "abc…");
    }

    #[test]
    fn a_list_names_some_and_counts_the_others() {
        assert_eq!(names(&[]), "nothing");
        assert_eq!(names(&["a".into(), "b\n".into()]), r"`a`, `b\u{a}`");
        let many = vec!["x".repeat(1000); 25];
        let text = names(&many);
        assert!(text.ends_with(" and 5 more"), "{text}");
        assert!(text.len() < 20 * (NAME + 10) + 20, "{}", text.len());
    }
}
