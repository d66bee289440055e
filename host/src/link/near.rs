//! The names that a script may have meant. Corrects nothing.

use mcp_codegen::names::shown;
use mcp_codegen::near::near;

/// The most names in a suggestion.
const MOST: usize = 3;

/// Characters of a name that are read. A name of any length may come from a server.
const LONGEST: usize = 64;

/// `did you mean get_issue, list_issues`: names that differ in a few letters, then those with the same words.
pub(super) fn did_you_mean<'n>(
    wanted: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<String> {
    let mut near = near(wanted, names.clone());
    let words = words(wanted);
    let mut alike: Vec<(usize, &str)> = names
        .filter(|name| !near.contains(name))
        .map(|name| (shared(&words, name), name))
        .filter(|(shared, _)| *shared > 0)
        .collect();
    alike.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    near.extend(alike.into_iter().map(|(_, name)| name));
    near.truncate(MOST);
    let near: Vec<_> = near.into_iter().map(shown).collect();
    (!near.is_empty()).then(|| format!("did you mean {}", near.join(", ")))
}

/// How many letters the words have that both names share. Short words, such as `get`, say little.
fn shared(wanted: &[String], name: &str) -> usize {
    let own = words(name);
    let both = wanted.iter().filter(|word| own.contains(word));
    both.map(String::len).filter(|letters| *letters > 3).sum()
}

/// The words of a name in small letters, without the `s` of a plural: `getIssues` has `get` and `issue`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars().take(LONGEST) {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        was_small = !letter.is_uppercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    for word in &mut words {
        if word.len() > 3 && word.ends_with('s') {
            word.pop();
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_names_come_the_nearest_first() {
        let known = [
            "search_issues",
            "create_branch",
            "list_issues",
            "get_issue",
            "delete_file",
        ];
        let near = |wanted| did_you_mean(wanted, known.into_iter());
        let all = "did you mean get_issue, search_issues, list_issues";
        assert_eq!(near("get_issues").as_deref(), Some(all));
        assert_eq!(
            near("deleteFile").as_deref(),
            Some("did you mean delete_file")
        );
        assert_eq!(near("zzz"), None);
    }
}
