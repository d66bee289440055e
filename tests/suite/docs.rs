//! The tables of `docs/sandbox.md` match the code.

use mcp_host::{Limit, Outcome, Profile};
use mcp_tests::root;

/// The cells of each row of the table under a heading, without backticks.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/sandbox.md")).unwrap();
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    section
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().replace('`', "")).collect()
        })
        .collect()
}

#[test]
fn the_limits_are_those_of_the_profiles() {
    let expected = Limit::ALL.map(|limit| {
        let values = Profile::ALL.map(|profile| limit.show(profile.limits().get(limit)));
        let mut row = vec![limit.key().to_owned(), format!("--{}", limit.option())];
        row.extend(values);
        row
    });
    assert_eq!(rows("Limits"), expected);
}

#[test]
fn the_outcomes_are_those_of_the_library() {
    let names: Vec<_> = rows("Outcomes")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(names, Outcome::NAMES);
}
