//! The text that is parsed: without a byte order mark, with one kind of line ends, and with what a recovery put into
//! it. All of it keeps lines and columns.

use std::borrow::Cow;

use crate::place::offset;

/// A text with insertions, and the way back to the text without them.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// Insertions, by their place in `text`.
    pub(crate) inserted: Vec<(u32, u32)>,
}

impl Text {
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            inserted: Vec::new(),
        }
    }

    pub(crate) fn with_insertion(base: &str, at: u32, inserted: &str) -> Self {
        let (before, after) = base.split_at(at as usize);
        Self {
            text: format!("{before}{inserted}{after}"),
            inserted: vec![(at, at + offset(inserted.len()))],
        }
    }

    pub(crate) fn without_insertions(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut kept = 0;
        for (start, end) in &self.inserted {
            out.push_str(&self.text[kept..*start as usize]);
            kept = *end as usize;
        }
        out.push_str(&self.text[kept..]);
        out
    }

    /// The offset in the text without the insertions.
    pub(crate) fn back(&self, at: u32) -> u32 {
        let mut shift = 0;
        for (start, end) in &self.inserted {
            if at >= *end {
                shift += end - start;
            } else if at > *start {
                return start - shift;
            }
        }
        at - shift
    }
}

/// The text without a byte order mark, and with `\n` for a lone `\r`, as editors show it. A first line for a shell
/// becomes blank.
pub(crate) fn normalize(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let bytes = text.as_bytes();
    let lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    let has_lone = (0..bytes.len()).any(lone);
    if !has_lone && !text.starts_with("#!") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut in_first = text.starts_with("#!");
    for (at, char) in text.char_indices() {
        let char = if char == '\r' && lone(at) { '\n' } else { char };
        in_first &= char != '\n';
        out.push(if in_first && char != '\r' { ' ' } else { char });
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_kind_of_line_ends_and_no_mark() {
        assert_eq!(normalize("\u{feff}a\r\nb\rc\n"), "a\r\nb\nc\n");
        assert_eq!(normalize("#!/bin/é\r\nb"), "        \r\nb");
        assert!(matches!(normalize("a\r\nb"), Cow::Borrowed(_)));
    }

    #[test]
    fn insertions_are_undone() {
        let text = Text::with_insertion("ab", 1, "xyz");
        assert_eq!(text.text, "axyzb");
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|at| text.back(at)),
            [0, 1, 1, 1, 1, 2]
        );
    }
}
