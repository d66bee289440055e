//! What a verb does to what it names: reads it, changes it or deletes it. Decides no permission: a server's verb is a
//! hint for ranking only.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::stems::{stem, stemmer};
use crate::words::words;

/// The effect that a verb names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    Change,
    Delete,
}

/// The action of a lower-case verb.
pub(crate) fn of_verb(word: &str) -> Option<Action> {
    static TABLE: OnceLock<HashMap<String, Action>> = OnceLock::new();
    let stemmer = stemmer();
    let table = TABLE.get_or_init(|| {
        let rows = [
            (READ, Action::Read),
            (CHANGE, Action::Change),
            (DELETE, Action::Delete),
        ];
        rows.iter()
            .flat_map(|(verbs, action)| verbs.split_whitespace().map(move |verb| (verb, *action)))
            .map(|(verb, action)| (stemmer.stem(verb).into_owned(), action))
            .collect()
    });
    table.get(&*stem(&stemmer, word)).copied()
}

/// The action that the name of a tool starts with, after at most one word such as its server's name.
pub(crate) fn of_name(name: &str) -> Option<Action> {
    words(name).iter().take(2).find_map(|word| of_verb(word))
}

/// The first word of a request that is no form of politeness.
pub(crate) fn opening<'a>(words: &'a [&'a str]) -> Option<&'a str> {
    const POLITE: [&str; 12] = [
        "please", "can", "could", "you", "help", "me", "i", "want", "to", "need", "would", "like",
    ];
    words.iter().find(|word| !POLITE.contains(word)).copied()
}

const READ: &str = "get read list show view display fetch search find open describe query download check retrieve lookup
browse inspect explain count look locate discover enumerate print tell give see identify summarize extract";
const CHANGE: &str = "create add insert write save update edit set append put make generate build new store persist
record modify change rename move copy upload send post connect link define register replace draft compose publish
import";
const DELETE: &str =
    "delete remove erase drop clear destroy discard unset purge kill stop terminate cancel unlink
uninstall close reset";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_of_names_and_requests_have_an_action() {
        assert_eq!(of_name("list_issues"), Some(Action::Read));
        assert_eq!(of_name("github-createIssue"), Some(Action::Change));
        assert_eq!(of_name("deleteBranch"), Some(Action::Delete));
        assert_eq!(of_name("weather"), None);
        assert_eq!(of_verb("removes"), Some(Action::Delete));
    }

    #[test]
    fn politeness_is_skipped() {
        let words = ["could", "you", "please", "erase", "this"];
        assert_eq!(opening(&words), Some("erase"));
        assert_eq!(opening(&["please"]), None);
    }

    #[test]
    fn no_verb_has_two_actions() {
        let all: Vec<&str> = [READ, CHANGE, DELETE]
            .iter()
            .flat_map(|verbs| verbs.split_whitespace())
            .collect();
        let stemmer = stemmer();
        let stems: std::collections::HashSet<_> =
            all.iter().map(|verb| stemmer.stem(verb)).collect();
        assert_eq!(stems.len(), all.len());
    }
}
