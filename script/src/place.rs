//! Where something stands in a source: byte offsets become lines and columns. Reads no syntax.

use serde::Serialize;

/// A place in a source as the author sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The line, from 1. Lines end at `\n`, `\r\n` or a lone `\r`.
    pub line: u32,
    /// The column, from 1, in characters (Unicode scalar values).
    pub column: u32,
    /// How many characters it spans, at least 1. A span that goes on in the next line ends with its own.
    pub length: u32,
}

/// Bytes between two counts of characters.
const BLOCK: usize = 512;

/// An index of a text: its line starts, and how many characters precede each block.
pub(crate) struct Places {
    starts: Vec<u32>,
    characters: Vec<u32>,
}

impl Places {
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| offset(at + 1)));
        let mut sum = 0;
        let characters = bytes.chunks(BLOCK).map(|block| {
            let before = sum;
            sum += leading(block);
            before
        });
        Self {
            characters: characters.collect(),
            starts: starts.collect(),
        }
    }

    /// The line and the column of a byte, both from 1.
    pub(crate) fn at(&self, text: &str, at: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts[line - 1];
        (offset(line), self.between(text, start, at) + 1)
    }

    pub(crate) fn span(&self, text: &str, start: u32, end: u32) -> Span {
        let (line, column) = self.at(text, start);
        let next = self.starts.get(line as usize).copied();
        // The terminator is no part of a line.
        let line_end = next.map_or(offset(text.len()), |next| next - 1);
        let end = end.min(line_end).max(start);
        let length = self.between(text, start, end);
        Span {
            line,
            column,
            length: length.max(1),
        }
    }

    /// Characters from a byte to another.
    fn between(&self, text: &str, start: u32, end: u32) -> u32 {
        let near = end.saturating_sub(start) as usize <= BLOCK;
        match text.as_bytes().get(start as usize..end as usize) {
            Some(bytes) if near => leading(bytes),
            _ => self
                .count(text, end)
                .saturating_sub(self.count(text, start)),
        }
    }

    /// Characters before a byte.
    fn count(&self, text: &str, at: u32) -> u32 {
        let at = (at as usize).min(text.len());
        let block = at / BLOCK;
        let before = self.characters.get(block).or(self.characters.last());
        let start = block.min(self.characters.len().saturating_sub(1)) * BLOCK;
        before.copied().unwrap_or(0) + leading(&text.as_bytes()[start..at])
    }
}

/// Bytes that begin a character.
fn leading(bytes: &[u8]) -> u32 {
    offset(bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count())
}

/// An offset in a source. Sources are far below 4 GiB, so that nothing is cut.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn columns_count_characters_in_short_and_in_long_lines() {
        let text = format!("ab\n{}é=1;\nx", "ä".repeat(700));
        let places = Places::new(&text);
        let at = |needle: &str| places.at(&text, offset(text.find(needle).unwrap()));
        assert_eq!(at("b"), (1, 2));
        assert_eq!(at("é"), (2, 701));
        assert_eq!(at("="), (2, 702));
        assert_eq!(at("x"), (3, 1));
        assert_eq!(places.at(&text, offset(text.len())), (3, 2));
    }

    #[test]
    fn a_span_ends_with_its_line() {
        let text = "let a = {\n};";
        let places = Places::new(text);
        let span = places.span(text, 8, 12);
        assert_eq!((span.line, span.column, span.length), (1, 9, 1));
        assert_eq!(places.span(text, 12, 12).length, 1);
        assert_eq!(Places::new("").at("", 0), (1, 1));
    }
}
