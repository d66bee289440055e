//! Words to stems, so that `issues` finds `issue`, and the words that say too little to be searched for. Knows no
//! field and no weight.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use rust_stemmers::{Algorithm, Stemmer};

/// The English stemmer (Porter2). Words of other scripts stay as they are.
pub(crate) fn stemmer() -> Stemmer {
    Stemmer::create(Algorithm::English)
}

/// The stem of a lower-case word.
pub(crate) fn stem<'a>(stemmer: &Stemmer, word: &'a str) -> Cow<'a, str> {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        stemmer.stem(word)
    } else {
        Cow::Borrowed(word)
    }
}

/// Whether a lower-case word is one that any sentence may have.
pub(crate) fn is_stop_word(word: &str) -> bool {
    static SET: OnceLock<HashSet<&str>> = OnceLock::new();
    SET.get_or_init(|| STOP.split_whitespace().collect())
        .contains(word)
}

/// Whether a lower-case word is so common in requests that it says little about the tool.
pub(crate) fn is_weak(word: &str) -> bool {
    static SET: OnceLock<HashSet<String>> = OnceLock::new();
    let stemmer = stemmer();
    SET.get_or_init(|| {
        let words = WEAK.split_whitespace();
        words.map(|word| stemmer.stem(word).into_owned()).collect()
    })
    .contains(&*stem(&stemmer, word))
}

const STOP: &str = "
a an the and or but if then else of to in on at by for from with without into onto over under about above below
between is are was were be been being am do does did done doing have has had having will would shall should can could
may might must i me my mine we us our ours you your yours he him his she her hers it its they them their theirs this
that these those there here what which who whom whose when where why how as so than too very just also only not no nor
any some all each every both either neither such same other another more most much many few less least own up down out
off again further once please help want need like let lets tell give get make using use used via per etc e g i s t
whether while during before after because until within across through upon toward towards around something anything
everything someone anyone thing things way ways kind now yet ever still already";

const WEAK: &str = "
find show create generate add list search look read write save start check provide perform return set build know see
ask come go work put take try new current latest recent specific different particular main good best top full whole
detailed basic general certain given available existing possible relevant related various first next last previous one
two three multiple several number name type item example part result data information info detail";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        let stemmer = stemmer();
        for (left, right) in [
            ("issues", "issue"),
            ("directories", "directory"),
            ("creating", "create"),
        ] {
            assert_eq!(stem(&stemmer, left), stem(&stemmer, right));
        }
        assert_ne!(stem(&stemmer, "issue"), stem(&stemmer, "file"));
        assert_eq!(stem(&stemmer, "größen"), "größen");
    }

    #[test]
    fn no_word_is_both_weak_and_dropped() {
        for word in WEAK.split_whitespace() {
            assert!(!is_stop_word(word), "`{word}` stands in both lists");
            assert!(is_weak(word));
        }
        assert!(is_weak("creates") && !is_weak("issue"));
        assert!(is_stop_word("please") && !is_stop_word("issue"));
    }
}
