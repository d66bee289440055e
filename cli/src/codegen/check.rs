//! The difference between two texts, line by line, as a unified diff.

use std::time::Duration;

use similar::TextDiff;

/// The file on disk may hold anything: after this long, the rest is shown as replaced.
const LONGEST: Duration = Duration::from_secs(2);

/// The unified diff from `old` to `new`; empty if they are equal.
pub(super) fn diff(name: &str, old: &str, new: &str) -> String {
    let mut lines = TextDiff::configure();
    let diff = lines.timeout(LONGEST).diff_lines(old, new);
    diff.unified_diff()
        .header(&format!("{name} (on disk)"), &format!("{name} (generated)"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(diff("x", "a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn a_changed_line_has_three_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
        let expected = "--- x (on disk)\n+++ x (generated)\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        assert_eq!(diff("x", old, new), expected);
    }

    #[test]
    fn a_missing_line_end_is_a_difference() {
        let expected = "--- x (on disk)\n+++ x (generated)\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n";
        assert_eq!(diff("x", "a", "a\n"), expected);
    }
}
