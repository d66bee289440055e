//! Finds the known names that come nearest to a misspelt one. Corrects nothing.

/// Names in a hint.
const NAMES: usize = 3;

/// The name in `known` that the user most likely meant, if one is near.
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    near(name, known).into_iter().next()
}

/// At most three names that the user may have meant, the nearest first.
#[must_use]
pub fn near<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let folded = fold(name);
    let mut found: Vec<(f64, &str)> = known
        .into_iter()
        .filter_map(|known| {
            let score = score(&folded, &fold(known));
            (score > 0.75).then_some((score, known))
        })
        .collect();
    // Of names that are as near without case and separators, the one with fewer other characters comes first.
    let written = |known: &str| strsim::osa_distance(cut(name), cut(known));
    found.sort_by(|a, b| {
        let best = b.0.total_cmp(&a.0);
        best.then_with(|| written(a.1).cmp(&written(b.1)))
            .then(a.1.cmp(b.1))
    });
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

/// Characters of a name that are read: the distance takes quadratic time.
const LONGEST: usize = 64;

fn cut(name: &str) -> &str {
    let end = name.char_indices().nth(LONGEST);
    end.map_or(name, |(end, _)| &name[..end])
}

/// Without case and separators, and bounded.
fn fold(name: &str) -> String {
    let kept = name
        .chars()
        .filter(|char| !matches!(char, '_' | '-' | ' ' | '.'));
    kept.take(LONGEST).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_separators_do_not_count() {
        let names = ["list_issues", "getIssue", "search"];
        assert_eq!(near("get-issue", names), ["getIssue"]);
        assert_eq!(near("list_issue", names), ["list_issues"]);
        assert_eq!(near("zzz", names), [""; 0]);
        let alike = ["mcp.servers", "mcpServers"];
        assert_eq!(near("mcpServer", alike), ["mcpServers", "mcp.servers"]);
    }

    #[test]
    fn nearest_differs_in_a_few_letters_only() {
        let known = ["command", "args", "startup_timeout_sec"];
        assert_eq!(nearest("comand", known), Some("command"));
        let startup = Some("startup_timeout_sec");
        assert_eq!(nearest("startupTimeoutSec", known), startup);
        assert_eq!(nearest("arg", known), Some("args"));
        assert_eq!(nearest("agrs", known), Some("args"));
        assert_eq!(nearest("autoApprove", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
