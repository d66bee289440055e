//! Which entries have which term, with the weight of BM25F: the fields of an entry are one document, in which a word of
//! the name counts more than a word of the description. Knows no query.
//!
//! An own index, because the crates do not weigh fields (`docs/decisions/0021-search-has-its-own-index.md`).

use crate::bounds::Bounds;
use crate::entry::Entry;
use crate::stems::{is_stop_word, stem, stemmer};
use crate::vocabulary::{Term, Vocabulary};
use crate::words::each_word;

/// The entries of each term.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    pub(crate) vocabulary: Vocabulary,
    /// Where the entries of each term start in `entries`, and where the last ones end.
    starts: Vec<usize>,
    entries: Vec<(u32, f32)>,
    /// How rare each term is.
    rarity: Vec<f32>,
}

impl Postings {
    /// The entries that have the term, each with what one occurrence of the term in a query is worth.
    pub(crate) fn of(&self, term: Term) -> &[(u32, f32)] {
        let at = term as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => &self.entries[*start..*end],
            _ => &[],
        }
    }

    /// How much a term tells entries apart (inverse document frequency).
    pub(crate) fn rarity(&self, term: Term) -> f32 {
        self.rarity.get(term as usize).copied().unwrap_or(0.0)
    }

    pub(crate) fn build(entries: &[Entry<'_>], bounds: &Bounds) -> Self {
        let mut reader = Reader::new(bounds);
        for (at, entry) in (0_u32..).zip(entries) {
            reader.read(at, entry, entries.len());
        }
        reader.finish(entries.len())
    }
}

/// A field of an entry, its weight, and how much the length of the field lowers it.
struct Field {
    weight: f32,
    length: f32,
}

const NAME: usize = 0;
const SERVER: usize = 1;
const FIRST: usize = 2;
const REST: usize = 3;
const PARAMETER: usize = 4;
const PARAMETER_TEXT: usize = 5;
const VALUE: usize = 6;
const RESULT: usize = 7;

/// By the constants above. `FIRST` is the title and the first sentence of the description, which `REST` has too.
#[rustfmt::skip]
const FIELDS: [Field; 8] = [
    Field { weight: 4.0, length: 0.3 },
    Field { weight: 1.5, length: 0.3 },
    Field { weight: 1.5, length: 0.5 },
    Field { weight: 1.0, length: 0.75 },
    Field { weight: 0.5, length: 0.75 },
    Field { weight: 0.25, length: 0.75 },
    Field { weight: 0.3, length: 0.75 },
    Field { weight: 0.25, length: 0.75 },
];

/// How soon more occurrences of a term stop to count (`k1` of BM25).
const SATURATION: f32 = 1.2;

/// What one occurrence costs in memory while the index is built, and what a new term costs beside its text.
const OCCURRENCE: usize = 48;
const NEW_TERM: usize = 128;

struct Occurrence {
    term: Term,
    entry: u32,
    field: u8,
}

/// The term of a word, if the memory has room for it, and whether the word is one that any sentence has.
#[derive(Clone, Copy)]
struct Seen {
    term: Option<Term>,
    is_stop_word: bool,
}

struct Reader<'b> {
    bounds: &'b Bounds,
    stemmer: rust_stemmers::Stemmer,
    vocabulary: Vocabulary,
    /// What each word as it is written stands for.
    seen: std::collections::HashMap<Box<str>, Seen>,
    occurrences: Vec<Occurrence>,
    /// Words per field of all entries.
    totals: [u64; FIELDS.len()],
    /// Words per field of each entry.
    lengths: Vec<[u16; FIELDS.len()]>,
    left: usize,
}

impl<'b> Reader<'b> {
    /// Words whose stem is remembered. The other ones are stemmed each time.
    const MOST_SEEN: usize = 1 << 15;

    fn new(bounds: &'b Bounds) -> Self {
        Self {
            bounds,
            stemmer: stemmer(),
            vocabulary: Vocabulary::default(),
            seen: std::collections::HashMap::new(),
            occurrences: Vec::new(),
            totals: [0; FIELDS.len()],
            lengths: Vec::new(),
            left: bounds.memory,
        }
    }

    /// Reads what tells most about the entry first, until its share of the memory is used up.
    fn read(&mut self, at: u32, entry: &Entry<'_>, count: usize) {
        let waiting = count.saturating_sub(self.lengths.len()).max(1);
        let mut share = (self.left / waiting).min(self.bounds.entry);
        let before = share;
        self.lengths.push([0; FIELDS.len()]);
        let description = crate::bounds::cut(entry.description.trim_start(), self.bounds.text);
        self.text(at, NAME, entry.name, &mut share);
        self.text(at, SERVER, entry.server, &mut share);
        self.text(at, FIRST, entry.title, &mut share);
        self.text(at, FIRST, first_sentence(description), &mut share);
        for parameter in &entry.parameters {
            self.text(at, PARAMETER, parameter.name, &mut share);
        }
        self.text(at, REST, description, &mut share);
        for parameter in &entry.parameters {
            self.text(at, PARAMETER_TEXT, parameter.description, &mut share);
            for value in &parameter.values {
                self.text(at, VALUE, value, &mut share);
            }
        }
        for result in &entry.results {
            self.text(at, RESULT, result.name, &mut share);
        }
        self.left -= before - share;
    }

    fn text(&mut self, entry: u32, field: usize, text: &str, share: &mut usize) {
        if *share == 0 || text.is_empty() {
            return;
        }
        let keeps_stop_words = matches!(field, NAME | SERVER | PARAMETER);
        each_word(crate::bounds::cut(text, self.bounds.text), |word| {
            if *share == 0 {
                return;
            }
            let known = self.seen.get(word).copied();
            let found = known.unwrap_or_else(|| self.learn(word, share));
            let Some(term) = found
                .term
                .filter(|_| keeps_stop_words || !found.is_stop_word)
            else {
                return;
            };
            let Some(rest) = share.checked_sub(OCCURRENCE) else {
                *share = 0;
                return;
            };
            *share = rest;
            let field_number = u8::try_from(field).unwrap_or(u8::MAX);
            self.occurrences.push(Occurrence {
                term,
                entry,
                field: field_number,
            });
            self.totals[field] += 1;
            if let Some(lengths) = self.lengths.last_mut() {
                lengths[field] = lengths[field].saturating_add(1);
            }
        });
    }

    /// The term of a word that was not read yet, if the share pays for it.
    fn learn(&mut self, word: &str, share: &mut usize) -> Seen {
        let is_stop_word = is_stop_word(word);
        let stem = stem(&self.stemmer, word);
        let price = NEW_TERM + 2 * stem.len() + word.len();
        if self.vocabulary.term(&stem).is_none() {
            let Some(rest) = share.checked_sub(price) else {
                *share = 0;
                return Seen {
                    term: None,
                    is_stop_word,
                };
            };
            *share = rest;
        }
        let learnt = Seen {
            term: self.vocabulary.add(&stem),
            is_stop_word,
        };
        if self.seen.len() < Self::MOST_SEEN {
            self.seen.insert(word.into(), learnt);
        }
        learnt
    }

    /// Sorts the occurrences by term. Those of one term are in the order of the entries already.
    fn finish(self, count: usize) -> Postings {
        let terms = self.vocabulary.len();
        let mut ends = vec![0_usize; terms + 1];
        for occurrence in &self.occurrences {
            ends[occurrence.term as usize + 1] += 1;
        }
        for at in 0..terms {
            ends[at + 1] += ends[at];
        }
        let mut sorted = vec![(0_u32, 0_u8); self.occurrences.len()];
        let mut next = ends.clone();
        for occurrence in &self.occurrences {
            let place = &mut next[occurrence.term as usize];
            sorted[*place] = (occurrence.entry, occurrence.field);
            *place += 1;
        }
        drop(self.occurrences);
        let scales = Scales::new(&self.totals, count);
        let mut postings = Postings {
            vocabulary: self.vocabulary,
            starts: Vec::with_capacity(terms + 1),
            entries: Vec::new(),
            rarity: Vec::with_capacity(terms),
        };
        for term in 0..terms {
            postings.starts.push(postings.entries.len());
            let own = &sorted[ends[term]..ends[term + 1]];
            let from = postings.entries.len();
            for group in own.chunk_by(|left, right| left.0 == right.0) {
                let entry = group[0].0;
                let lengths = &self.lengths[entry as usize];
                let frequency: f32 = group
                    .iter()
                    .map(|(_, field)| scales.of(*field, lengths))
                    .sum();
                postings.entries.push((entry, frequency));
            }
            let having = postings.entries.len() - from;
            let rarity = rarity(having, count);
            for (_, frequency) in &mut postings.entries[from..] {
                *frequency = *frequency * (SATURATION + 1.0) / (*frequency + SATURATION);
            }
            postings.rarity.push(rarity);
        }
        postings.starts.push(postings.entries.len());
        postings.entries.shrink_to_fit();
        postings
    }
}

/// The weight of one occurrence in a field: less in a field that is longer than usual.
struct Scales([f32; FIELDS.len()]);

impl Scales {
    fn new(totals: &[u64; FIELDS.len()], entries: usize) -> Self {
        Self(totals.map(|total| (count(total) / count(entries.max(1) as u64)).max(1e-6)))
    }

    fn of(&self, field: u8, lengths: &[u16; FIELDS.len()]) -> f32 {
        let at = usize::from(field);
        let Field { weight, length } = FIELDS[at];
        weight / (1.0 - length + length * f32::from(lengths[at]) / self.0[at])
    }
}

fn rarity(having: usize, entries: usize) -> f32 {
    let (having, entries) = (count(having as u64), count(entries as u64));
    (1.0 + (entries - having + 0.5) / (having + 0.5)).ln()
}

/// A number of words or entries. They are far fewer than what `f32` counts exactly, 16 million, or nearly so.
#[allow(
    clippy::cast_precision_loss,
    reason = "a count that is off by one in 16 million ranks the same"
)]
fn count(number: u64) -> f32 {
    number as f32
}

/// The text up to its first full stop or line feed.
fn first_sentence(text: &str) -> &str {
    let mut before = None;
    for (at, char) in text.char_indices() {
        if char == '\n' || (char.is_whitespace() && matches!(before, Some('.' | '!' | '?'))) {
            return &text[..at];
        }
        if char == '。' {
            return &text[..at + char.len_utf8()];
        }
        before = Some(char);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::entry::Entry;

    fn entry<'a>(name: &'a str, description: &'a str) -> Entry<'a> {
        Entry {
            server: "files",
            name,
            description,
            ..Entry::default()
        }
    }

    fn weights(postings: &Postings, word: &str) -> Vec<(u32, f32)> {
        let term = postings.vocabulary.term(word);
        term.map_or(Vec::new(), |term| postings.of(term).to_vec())
    }

    #[test]
    fn a_word_of_the_name_outweighs_one_of_the_description() {
        let entries = [
            entry("move", "Copies a tree. It can copy."),
            entry("copy", "Moves it."),
        ];
        let postings = Postings::build(&entries, &Bounds::DEFAULT);
        let copy = weights(&postings, "copi");
        assert_eq!(
            copy.iter().map(|(entry, _)| *entry).collect::<Vec<_>>(),
            [0, 1]
        );
        assert!(copy[1].1 > copy[0].1, "{copy:?}");
        // Both have the name of the server, so it tells nothing.
        let (server, name) = ("file", "copi");
        let rarity = |word| postings.rarity(postings.vocabulary.term(word).unwrap());
        assert!(rarity(server) <= rarity(name));
    }

    #[test]
    fn stop_words_count_in_names_only() {
        let entries = [entry("get_all", "Gets all of the rows.")];
        let postings = Postings::build(&entries, &Bounds::DEFAULT);
        assert_eq!(weights(&postings, "the"), []);
        assert_eq!(weights(&postings, "all").len(), 1);
    }

    #[test]
    fn an_entry_takes_its_share_and_the_next_one_is_read() {
        let long: String = (0..5_000).map(|number| format!("word{number}x ")).collect();
        let bounds = Bounds {
            memory: 8 << 10,
            text: 1 << 20,
            ..Bounds::DEFAULT
        };
        let entries = [entry("flood", &long), entry("rename", "Renames one.")];
        let postings = Postings::build(&entries, &bounds);
        assert_eq!(weights(&postings, "renam").len(), 1);
        assert!(
            postings.vocabulary.len() < 50,
            "{}",
            postings.vocabulary.len()
        );
    }

    #[test]
    fn the_first_sentence_ends_at_a_full_stop() {
        assert_eq!(first_sentence("Gets v1.2 of it. More."), "Gets v1.2 of it.");
        assert_eq!(first_sentence("Gets\nmore"), "Gets");
        assert_eq!(first_sentence("获取。更多"), "获取。");
        assert_eq!(first_sentence("Gets"), "Gets");
    }
}
