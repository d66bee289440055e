//! Search finds the right tool at least as often as `docs/search.md` says.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod measures;

#[test]
fn search_finds_the_right_tool_as_often_as_the_page_says() {
    let Some(dir) = measures::dir() else {
        eprintln!("skipped: `../shared/search-eval` does not exist");
        return;
    };
    let found = measures::measure(&dir, |_| true);
    // Each is what is reached, less one step of rounding. A change that lowers one has to be worth it, and say so.
    let floors = [
        (found.steps_recall_1, 0.648, "steps recall@1"),
        (found.steps_recall_5, 0.796, "steps recall@5"),
        (found.steps_mrr, 0.704, "steps MRR"),
        (found.questions_recall_10, 0.530, "questions recall@10"),
        (found.reference_recall_5, 0.930, "reference recall@5"),
        (found.reference_mrr, 0.840, "reference MRR"),
        (found.reference_ndcg_10, 0.864, "reference nDCG@10"),
    ];
    let below: Vec<String> = floors
        .iter()
        .filter(|(found, floor, _)| *found < floor - 0.001)
        .map(|(found, floor, what)| format!("{what}: {found:.3}, was {floor}"))
        .collect();
    assert!(below.is_empty(), "{below:?}");
}
