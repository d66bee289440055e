//! The words of a name or a text with what is known of them, for sorting tools. Ranks nothing.

use crate::action;
use crate::stems::{is_stop_word, is_weak, stem, stemmer};
use crate::words::each_word;

/// One word of a name or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word in lower case.
    pub text: String,
    /// Its stem, which `issues` and `issue` share.
    pub stem: String,
    /// Whether it names what is done, such as `list`.
    pub is_verb: bool,
    /// Whether it says little about what a tool is for, such as `the` or `data`.
    pub is_common: bool,
}

/// The words of at most the first `most` bytes of a text, in order.
#[must_use]
pub fn words_of(text: &str, most: usize) -> Vec<Word> {
    let stemmer = stemmer();
    let mut out = Vec::new();
    each_word(crate::bounds::cut(text, most), |word| {
        out.push(Word {
            text: word.to_owned(),
            stem: stem(&stemmer, word).into_owned(),
            is_verb: action::of_verb(word).is_some(),
            is_common: is_stop_word(word) || is_weak(word),
        });
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_name_have_stems_and_kinds() {
        let words = words_of("list_issues of the data", 99);
        let seen: Vec<_> = words
            .iter()
            .map(|word| (&*word.text, &*word.stem, word.is_verb, word.is_common))
            .collect();
        assert_eq!(
            seen,
            [
                ("list", "list", true, true),
                ("issues", "issu", false, false),
                ("of", "of", false, true),
                ("the", "the", false, true),
                ("data", "data", false, true),
            ]
        );
        assert_eq!(words_of("größe", 3).len(), 1);
    }
}
