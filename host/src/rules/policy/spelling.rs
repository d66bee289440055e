//! Names, labels and patterns of both: whether a rule for names matches a label whose name is unknown.

use mcp_codegen::names;

use super::glob::glob;

/// The pattern as it would be written for labels: `delete_*` -> `delete-*`, `getIssue` -> `get-issue`.
pub(super) fn label_pattern(pattern: &str) -> String {
    let is_separator = |c: char| !c.is_alphanumeric();
    let parts: Vec<_> = pattern
        .split('*')
        .map(|part| {
            let bare = part.trim_matches(is_separator);
            let hyphen = |there: bool| if there { "-" } else { "" };
            let before = hyphen(part.starts_with(is_separator));
            if bare.is_empty() {
                return before.to_owned();
            }
            let after = hyphen(part.ends_with(is_separator));
            format!("{before}{}{after}", names::label(bare))
        })
        .collect();
    parts.join("*")
}

/// Whether a name with this label may match the pattern.
pub(super) fn may_match(pattern: &str, label: &str) -> bool {
    if !pattern.contains('*') {
        let own = names::label(pattern);
        let rest = label.strip_prefix(&*own);
        // Of several names with the same label, all but one get a suffix.
        return rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("-x"));
    }
    is_encoded(label) || glob(&letters(pattern), &letters(label))
}

/// Whether a label may contain more than the letters of its name: a code point, a hash, or a letter before a digit.
fn is_encoded(label: &str) -> bool {
    label.split('-').any(|word| {
        let code = word.strip_prefix(['u', 'x']);
        let is_hex = |rest: &str| rest.len() > 1 && rest.bytes().all(|b| b.is_ascii_hexdigit());
        word.bytes().any(|b| b.is_ascii_digit()) || code.is_some_and(is_hex)
    })
}

/// A pattern or a name without case and without separators between words.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '*')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::super::ToolPattern;
    use super::*;

    #[test]
    fn a_pattern_in_one_spelling_is_known_in_every_other() {
        for (pattern, label) in [
            ("delete_*", "delete-*"),
            ("deleteRe*", "delete-re*"),
            ("*_file", "*-file"),
            ("get_HTMLPage", "get-html-page"),
            ("*", "*"),
            // No label begins with a hyphen: this stays a rule for names.
            ("_*", "-*"),
        ] {
            assert_eq!(label_pattern(pattern), label);
        }
        let private: ToolPattern = "s/_*".parse().unwrap();
        assert!(private.covers_any_spelling("s", "_drop"));
        assert!(!private.covers_any_spelling("s", "drop"));
    }

    /// Whatever a name is: a rule that covers it may cover its label.
    #[test]
    fn what_may_not_match_a_label_matches_no_name_that_has_it() {
        let names = [
            "get_issue",
            "getIssue",
            "GetIssue",
            "get-issue",
            "get.issue",
            "a1",
            "1a",
            "item_1",
            "+1",
            "<=",
            "a中",
            "中",
            "HTMLParser",
            "getIDs",
            "_x",
            "x",
            "face",
            "xface",
            "uface",
        ];
        let rules = [
            "s/*",
            "s/get*",
            "s/get_*",
            "s/*Issue",
            "s/*issue",
            "s/get_issue",
            "s/getIssue",
            "s/a*",
            "s/*a",
            "s/*中",
            "s/a中*",
            "s/中",
            "s/1*",
            "s/item_*",
            "s/+*",
            "s/+1",
            "s/<*",
            "s/<=",
            "s/_*",
            "s/x*",
            "s/u*",
            "s/HTML*",
            "*/get*",
            "t/*",
        ];
        for wire in names {
            // Beside one that takes the label, it gets a suffix.
            let alone = names::tool_labels([wire]);
            let beside = names::tool_labels(names.into_iter().chain([wire]));
            for (label, _) in alone
                .iter()
                .chain(beside.iter().filter(|(_, name)| *name == wire))
            {
                for rule in rules {
                    let rule: ToolPattern = rule.parse().unwrap();
                    if rule.covers("s", wire) {
                        assert!(rule.may_cover("s", label), "{rule} {wire} {label}");
                    }
                }
            }
        }
        let rule: ToolPattern = "s/get_*".parse().unwrap();
        assert!(!rule.may_cover("s", "delete-issue") && !rule.may_cover("t", "get-issue"));
    }
}
