//! Names of all kinds have labels that every toolchain accepts, different ones for different names (`docs/threats.md`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;

use mcp_codegen::{Catalog, Flavour, names, package};
use serde_json::{Value, json};

// Long: one list of all kinds of names.
#[test]
fn names_of_all_kinds_are_valid_injective_and_independent_of_their_order() {
    let long = "long name ".repeat(100_000);
    let other = format!("{}!", &long);
    let mut wires = vec![
        "",
        " ",
        ".",
        "..",
        "-",
        "--",
        "+",
        "_",
        "__proto__",
        "🙂",
        "🙂🙂",
        "а",
        "a",
        "A",
        "аdmin",
        "admin",
        "foo-bar",
        "fooBar",
        "FooBar",
        "foo_bar",
        "foo.bar",
        "foo bar",
        "foo--bar",
        "-foo-bar-",
        "9lives",
        "9 lives",
        "n9lives",
        "1",
        "01",
        "-1",
        "+1",
        "1.5",
        "use",
        "type",
        "func",
        "map",
        "async",
        "self",
        "fn",
        "crate",
        "Self",
        "error-context",
        "json",
        "\u{0}",
        "\u{202e}abc",
        "a\nb",
        "a\u{2028}b",
        "中文",
        "ΑΒΓ",
        "é",
        "e\u{301}",
        "x-x1234",
        "constructor",
        "static",
        "own",
        "u8",
        "%type",
        &long,
        &other,
    ];
    let labelled = names::labels(wires.iter().copied());
    let labels: HashSet<&str> = labelled.iter().map(|(label, _)| &**label).collect();
    assert_eq!(labels.len(), wires.len(), "{labelled:?}");
    assert!(labels.iter().all(|label| is_label(label)), "{labels:?}");

    wires.reverse();
    let mut again = names::labels(wires.iter().copied());
    again.reverse();
    assert_eq!(labelled, again);

    // A name that is empty or too long is no name of a tool.
    let wires: Vec<&str> = wires
        .into_iter()
        .filter(|name| mcp_codegen::name_fault(name).is_none())
        .collect();
    let tools: Vec<Value> = wires
        .iter()
        .map(|name| json!({"name": name, "inputSchema": {"type": "object"}}))
        .collect();
    let catalog = Catalog::parse(&Value::Array(tools).to_string()).unwrap();
    let made = package("server", &catalog.tools, Flavour::Async).unwrap();
    assert_eq!(made.functions.len(), wires.len());
}

/// `[a-z][a-z0-9]*` in every word, which every version of the tools accepts.
fn is_label(label: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .chars()
                .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
    };
    label.len() <= 90 && label.split('-').all(word)
}

#[test]
fn a_new_name_changes_the_label_of_no_other_unless_they_are_spelled_alike() {
    let before = names::labels(["perPage", "page", "sort_by"]);
    let after = names::labels(["sort_by", "direction", "per page", "perPage", "page"]);
    for (label, wire) in &before {
        let now = after.iter().find(|(_, other)| other == wire).unwrap();
        if *wire != "perPage" {
            assert_eq!(label, &now.0);
        }
    }
    // The shortest, else the first in byte order, keeps the label of those that are spelled alike.
    assert_eq!(after[2], ("per-page-xe794".into(), "per page"));
    assert_eq!(after[3], ("per-page".into(), "perPage"));
}
