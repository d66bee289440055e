//! Changes of a text that keep its lines: blanks, characters put in place of others, and insertions, of which it is
//! known later what they moved. Reads no syntax.

use std::collections::{BTreeMap, HashMap};

/// Changes that are collected first and applied at once.
pub(crate) struct Edits {
    /// One flag per byte.
    blank: Vec<bool>,
    /// The starts of the blanks, by their ends.
    blanks: HashMap<u32, u32>,
    puts: BTreeMap<u32, char>,
    /// The place, the rank among those of the same place, and the text.
    inserts: Vec<(u32, u8, String)>,
    tail: String,
}

/// What an insertion moved: all columns of the line from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) line: u32,
    /// Where the insertion begins in the new text, from 1.
    pub(crate) column: u32,
    /// Characters.
    pub(crate) length: u32,
}

impl Edits {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            blank: vec![false; text.len()],
            blanks: HashMap::new(),
            puts: BTreeMap::new(),
            inserts: Vec::new(),
            tail: String::new(),
        }
    }

    /// Makes spaces of all characters but line terminators.
    pub(crate) fn blank(&mut self, start: u32, end: u32) {
        if let Some(flags) = self.blank.get_mut(start as usize..end as usize) {
            flags.fill(true);
            self.blanks.insert(end, start);
        }
    }

    /// Blanks, and puts a semicolon at the start.
    pub(crate) fn remove(&mut self, start: u32, end: u32) {
        self.blank(start, end);
        self.put(start, ";");
    }

    /// Puts characters over those of the text. They have to fit into the line.
    pub(crate) fn put(&mut self, start: u32, text: &str) {
        self.puts.extend((start..).zip(text.chars()));
    }

    /// Blanks a range and puts a text at its start. What does not fit is inserted behind.
    pub(crate) fn replace(&mut self, source: &str, start: u32, end: u32, text: &str) {
        self.blank(start, end);
        let old = source.get(start as usize..end as usize).unwrap_or_default();
        let is_free = |byte: &u8| byte.is_ascii() && *byte != b'\n' && *byte != b'\r';
        let free = old.bytes().take_while(is_free).count();
        // One character for each byte that is free: the text can have longer ones.
        let fits = text
            .char_indices()
            .nth(free)
            .map_or(text.len(), |(at, _)| at);
        self.put(start, &text[..fits]);
        if fits < text.len() {
            self.insert(start + crate::place::offset(free), &text[fits..]);
        }
    }

    /// Inserts a text without line terminators. Insertions at one place stand in the order in which they were made.
    pub(crate) fn insert(&mut self, at: u32, text: impl Into<String>) {
        self.inserts.push((at, 2, text.into()));
    }

    /// Inserts what ends something, before all that begins at this place.
    pub(crate) fn insert_end(&mut self, at: u32, text: impl Into<String>) {
        self.inserts.push((at, 0, text.into()));
    }

    /// Inserts a text before all others that begin something at this place.
    pub(crate) fn insert_first(&mut self, at: u32, text: impl Into<String>) {
        self.inserts.insert(0, (at, 1, text.into()));
    }

    /// Appends a line: no place moves.
    pub(crate) fn append(&mut self, text: &str) {
        self.tail.push('\n');
        self.tail.push_str(text);
    }

    /// The start of a blank that ends here.
    pub(crate) fn blank_before(&self, end: u32) -> Option<u32> {
        self.blanks.get(&end).copied()
    }

    /// The new text. `inserted` are ranges of the old text that are insertions themselves.
    pub(crate) fn apply(mut self, text: &str, inserted: &[(u32, u32)]) -> (String, Vec<Move>) {
        self.inserts.sort_by_key(|insert| (insert.0, insert.1));
        let mut out = Output {
            text: String::with_capacity(text.len() + 256),
            moves: Vec::new(),
            counted: 0,
            line: 1,
            column: 1,
            begun: None,
        };
        let mut inserts = self.inserts.iter().peekable();
        let mut puts = self.puts.iter().peekable();
        let mut at = 0;
        while at < text.len() {
            let here = crate::place::offset(at);
            while let Some((_, _, text)) = inserts.next_if(|insert| insert.0 <= here) {
                out.moved(text);
            }
            if inserted.iter().any(|range| range.1 == here) {
                out.end_insertion();
            }
            if inserted.iter().any(|range| range.0 == here) {
                out.begin_insertion();
            }
            if let Some((_, put)) = puts.next_if(|put| *put.0 <= here) {
                out.text.push(*put);
                at = boundary(text, at + 1);
                continue;
            }
            let change = [
                inserts.peek().map(|insert| insert.0),
                puts.peek().map(|put| *put.0),
            ];
            let ranges = inserted.iter().flat_map(|range| [range.0, range.1]);
            let change = change.into_iter().flatten().chain(ranges);
            let change = change
                .filter(|place| *place > here)
                .min()
                .map_or(text.len(), |place| text.len().min(place as usize));
            // Up to the next change, the characters are kept or blank, as this one is.
            let flags = &self.blank[at..change];
            let same = flags.iter().position(|flag| *flag != flags[0]);
            let end = boundary(text, same.map_or(change, |same| at + same));
            out.push(&text[at..end], self.blank[at]);
            at = end;
        }
        for (_, _, text) in inserts {
            out.moved(text);
        }
        out.text.push_str(&self.tail);
        (out.text, out.moves)
    }
}

/// The first start of a character from here on.
fn boundary(text: &str, from: usize) -> usize {
    (from..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

struct Output {
    text: String,
    moves: Vec<Move>,
    /// Bytes of the text that `line` and `column` count.
    counted: usize,
    line: u32,
    column: u32,
    /// Where an insertion began that the old text has.
    begun: Option<(u32, u32)>,
}

impl Output {
    fn push(&mut self, text: &str, is_blank: bool) {
        if !is_blank {
            self.text.push_str(text);
            return;
        }
        let blank = |char| match char {
            '\n' | '\r' => char,
            _ => ' ',
        };
        self.text.extend(text.chars().map(blank));
    }

    fn moved(&mut self, text: &str) {
        let is_within = self.begun.is_some();
        if !is_within {
            self.begin_insertion();
        }
        self.text.push_str(text);
        if !is_within {
            self.end_insertion();
        }
    }

    fn begin_insertion(&mut self) {
        self.begun = Some(self.end());
    }

    fn end_insertion(&mut self) {
        if let Some((line, column)) = self.begun.take() {
            let (_, end) = self.end();
            self.moves.push(Move {
                line,
                column,
                length: end - column,
            });
        }
    }

    /// The line and the column where the text ends.
    fn end(&mut self) -> (u32, u32) {
        let new = &self.text[self.counted..];
        self.counted = self.text.len();
        let last = match new.rsplit_once('\n') {
            Some((lines, last)) => {
                self.line += 1 + crate::place::offset(lines.matches('\n').count());
                self.column = 1;
                last
            }
            None => new,
        };
        self.column += crate::place::offset(last.chars().count());
        (self.line, self.column)
    }
}

/// The place before the insertions. A place inside of one is where it was made.
pub(crate) fn original(moves: &[Move], line: u32, column: u32) -> (u32, u32) {
    let first = moves.partition_point(|moved| moved.line < line);
    let mut shift = 0;
    for moved in moves[first..].iter().take_while(|moved| moved.line == line) {
        if column >= moved.column + moved.length {
            shift += moved.length;
        } else {
            return (line, column.min(moved.column) - shift);
        }
    }
    (line, column - shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_keep_lines_and_know_what_they_moved() {
        let text = "a: é\nb;\nc";
        let mut edits = Edits::new(text);
        edits.blank(1, 5);
        edits.put(1, ";");
        edits.insert(6, "(");
        edits.insert(7, ")!");
        edits.append("z");
        let (new, moves) = edits.apply(text, &[]);
        assert_eq!(new, "a;  \n(b)!;\nc\nz");
        let back = |column| original(&moves, 2, column);
        assert_eq!(
            [1, 2, 3, 4, 5].map(back),
            [(2, 1), (2, 1), (2, 2), (2, 2), (2, 2)]
        );
        assert_eq!(original(&moves, 1, 3), (1, 3));
    }

    #[test]
    fn a_replacement_that_does_not_fit_is_inserted_behind() {
        let text = "ab=1\n";
        let mut edits = Edits::new(text);
        edits.replace(text, 0, 2, "long");
        let (new, moves) = edits.apply(text, &[]);
        assert_eq!(new, "long=1\n");
        assert_eq!(original(&moves, 1, 5), (1, 3));
        let mut edits = Edits::new(text);
        edits.replace(text, 0, 2, "éöü");
        assert_eq!(edits.apply(text, &[]).0, "éöü=1\n");
    }
}
