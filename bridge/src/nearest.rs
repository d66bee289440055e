//! Finds what somebody probably meant to write.

/// The name in `known` that differs from `wanted` in a few letters only, if there is one.
#[must_use]
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(wanted);
    known
        .into_iter()
        .map(|name| (distance(&wanted, &plain(name)), name))
        .filter(|(distance, _)| *distance <= 1.max(wanted.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Case, `-` and `_` are what people mix up most.
fn plain(name: &str) -> Vec<char> {
    // A name of any length may come from a server, and the distance takes quadratic time.
    const LONGEST: usize = 64;
    name.chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .take(LONGEST)
        .collect()
}

/// The number of letters to insert, delete or replace (Levenshtein).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_differs_in_a_few_letters_only() {
        let known = ["command", "args", "startup_timeout_sec"];
        assert_eq!(nearest("comand", known), Some("command"));
        assert_eq!(
            nearest("startupTimeoutSec", known),
            Some("startup_timeout_sec")
        );
        assert_eq!(nearest("arg", known), Some("args"));
        assert_eq!(nearest("autoApprove", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
