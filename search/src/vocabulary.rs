//! The terms of an index, and which of them a misspelt word may mean. Knows no entry.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The number of a term.
pub(crate) type Term = u32;

/// Each term once.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    terms: HashMap<Box<str>, (Term, Letters)>,
}

/// Which letters a word has: words with few letters in common are not compared further.
pub(crate) type Letters = u32;

impl Vocabulary {
    pub(crate) fn term(&self, stem: &str) -> Option<Term> {
        self.terms.get(stem).map(|(term, _)| *term)
    }

    pub(crate) fn len(&self) -> usize {
        self.terms.len()
    }

    /// The term, and whether it is new. `None` where there are too many.
    pub(crate) fn add(&mut self, stem: &str) -> Option<Term> {
        let next = Term::try_from(self.terms.len()).ok()?;
        match self.terms.entry(stem.into()) {
            Entry::Occupied(known) => Some(known.get().0),
            Entry::Vacant(place) => {
                place.insert((next, letters(stem)));
                Some(next)
            }
        }
    }

    /// The term that a misspelt word is nearest to: one mistake from 5 letters on, two from 9 letters on.
    pub(crate) fn near(&self, word: &str) -> Option<Term> {
        let length = word.chars().count();
        let most = match length {
            0..5 => return None,
            5..9 => 1,
            _ => 2,
        };
        let wanted = letters(word);
        let is_candidate = |known: &str, has: Letters| {
            known.len().abs_diff(word.len()) <= most
                && (has ^ wanted).count_ones() as usize <= 2 * most
        };
        self.terms
            .iter()
            .filter(|(known, (_, has))| is_candidate(known, *has))
            .take(MOST_COMPARED)
            .map(|(known, (term, _))| (strsim::osa_distance(word, known), known, *term))
            .filter(|(distance, ..)| *distance <= most)
            .min()
            .map(|(_, _, term)| term)
    }
}

/// Distances that one word may cost: a server could declare any number of words with the same letters.
const MOST_COMPARED: usize = 512;

pub(crate) fn letters(word: &str) -> Letters {
    word.bytes().fold(0, |letters, byte| letters | letter(byte))
}

pub(crate) fn letter(byte: u8) -> Letters {
    match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'0'..=b'9' => 1 << 26,
        _ => 1 << 27,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_mistakes_are_forgiven_in_long_words_only() {
        let mut known = Vocabulary::default();
        for word in ["issue", "file", "repositori", "directori"] {
            known.add(word);
        }
        let term = |word| known.term(word);
        assert_eq!(known.near("isseu"), term("issue"));
        assert_eq!(known.near("repozitri"), term("repositori"));
        assert_eq!(known.near("fiel"), None);
        assert_eq!(known.near("tissues"), None);
        assert_eq!(known.near("xylophone"), None);
    }

    #[test]
    fn a_term_has_one_number() {
        let mut known = Vocabulary::default();
        assert_eq!(known.add("issue"), Some(0));
        assert_eq!(known.add("file"), Some(1));
        assert_eq!(known.add("issue"), Some(0));
        assert_eq!(known.len(), 2);
    }
}
