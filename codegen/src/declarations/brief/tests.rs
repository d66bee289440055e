//! Declarations in little room: what is left out first.

use super::*;

#[test]
fn a_text_ends_with_a_sentence_where_one_fits() {
    let text = "Closes a box. It stays where it is, and cannot be opened again by another user.";
    assert_eq!(sentences(text, 40), "Closes a box.");
    assert_eq!(sentences(text, 12), "Closes a…");
    assert_eq!(sentences(text, 1_000), text);
    assert_eq!(
        sentences("箱を閉じる。そのままになる。もう開かない。", 24),
        "箱を閉じる。"
    );
    assert_eq!(first("One.\nTwo."), "One.");
    assert_eq!(first("a 1.5 b. c"), "a 1.5 b.");
    assert_eq!(first("none"), "none");
}
