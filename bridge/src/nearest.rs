//! Finds the known name that is nearest to a misspelt one.

/// The name in `known` that differs from `wanted` in a few letters only, if there is one.
#[must_use]
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(wanted);
    // Letters, not bytes; two neighbours that changed places are one mistake.
    let few = 1.max(wanted.chars().count() / 3);
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&wanted, &plain(name)), name))
        .filter(|(distance, _)| *distance <= few)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Case, `-` and `_` are what people mix up most.
fn plain(name: &str) -> String {
    // A name of any length may come from a server, and the distance takes quadratic time.
    const LONGEST: usize = 64;
    name.chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .take(LONGEST)
        .collect()
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
        assert_eq!(nearest("agrs", known), Some("args"));
        assert_eq!(nearest("autoApprove", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
