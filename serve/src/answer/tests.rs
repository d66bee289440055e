//! Answers that are cut, and the words that say so.

use mcp_search::estimated_tokens;

use super::*;

#[test]
fn a_large_result_is_cut_between_two_values_and_says_what_is_missing() {
    let items: Vec<_> = (0..2_000).map(|n| format!("{{\"number\":{n}}}")).collect();
    let result = format!("{{\"items\":[{}],\"next\":null}}", items.join(","));
    let text = fitting(&result, "r_1", 100);
    let (kept, note) = text.rsplit_once('\n').unwrap_or_default();
    assert!(kept.ends_with('}') && result.starts_with(kept), "{kept}");
    assert!(estimated_tokens(kept) <= 100);
    assert!(note.contains("value has items[2000], next"), "{note}");
    assert!(
        note.contains("import r from \"run:r_1\" (30 min)"),
        "{note}"
    );
}

#[test]
fn a_long_text_is_cut_at_a_character() {
    let result = format!("\"{}\"", "ä".repeat(1_000));
    let text = fitting(&result, "r_1", 100);
    assert!(text.starts_with("\"ää") && text.contains("value has 1,000 characters"));
}

#[test]
fn thousands_are_grouped() {
    assert_eq!(
        [0, 999, 1_000, 1_234_567].map(grouped),
        ["0", "999", "1,000", "1,234,567"]
    );
}
