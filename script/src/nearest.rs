//! Finds the names that come nearest to one. Corrects nothing.

/// Names in a hint.
const NAMES: usize = 3;

/// `did you mean a, b`, or which names there are.
pub(crate) fn hint<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let near = near(name, names.iter().copied());
    if near.is_empty() {
        let listed: Vec<_> = names.iter().take(12).copied().collect();
        return format!("there is {}", listed.join(", "));
    }
    format!("did you mean {}", near.join(", "))
}

/// The nearest names, the best first.
pub(crate) fn near<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let folded = fold(name);
    let mut found: Vec<(f64, &str)> = names
        .filter_map(|known| {
            let score = score(&folded, &fold(known));
            (score > 0.75).then_some((score, known))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    found.truncate(NAMES);
    found.into_iter().map(|(_, known)| known).collect()
}

fn score(name: &str, known: &str) -> f64 {
    if name == known {
        return 1.0;
    }
    let long = name.len().min(known.len()) >= 4;
    if long && (known.starts_with(name) || name.starts_with(known)) {
        return 0.95;
    }
    strsim::normalized_damerau_levenshtein(name, known).max(strsim::jaro_winkler(name, known) - 0.1)
}

/// Without case and separators, and bounded: the distance is quadratic.
fn fold(name: &str) -> String {
    let kept = name
        .chars()
        .filter(|char| !matches!(char, '_' | '-' | ' ' | '.'));
    kept.take(64).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_separators_do_not_count() {
        let names = ["list_issues", "getIssue", "search"];
        assert_eq!(near("get-issue", names.into_iter()), ["getIssue"]);
        assert_eq!(near("list_issue", names.into_iter()), ["list_issues"]);
        assert_eq!(
            hint("zzz", names.into_iter()),
            "there is list_issues, getIssue, search"
        );
    }
}
