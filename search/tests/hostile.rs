//! A hostile catalog costs no more memory than the page says. A test binary of its own, because it measures the
//! process.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(target_os = "linux")]

use mcp_search::{Bounds, Entry, Index, Query};

/// What the index may take at its peak, while 10,000 tools with 100 KB each are read: the bound and the names.
const BUDGET: usize = 96 << 20;

#[test]
fn ten_thousand_tools_with_endless_descriptions_stay_within_the_budget() {
    // Different words in each description: random enough that no word is seen twice.
    let mut number = 1_u64;
    let mut text = String::new();
    while text.len() < 2_000_000 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let letters = (0..10)
            .map(|at| char::from(b'a' + u8::try_from((number >> (20 + 4 * at)) % 26).unwrap()));
        text.extend(letters);
        text.push(' ');
    }
    let names: Vec<String> = (0..10_000).map(|number| format!("tool_{number}")).collect();
    let entry = |at: usize| Entry {
        server: "hostile",
        name: &names[at],
        description: &text[(at * 187)..(at * 187) + 100_000],
        ..Entry::default()
    };
    let before = resident();
    let last = Entry {
        server: "good",
        name: "rename_file",
        description: "Renames a file.",
        ..Entry::default()
    };
    let index = Index::build((0..10_000).map(entry).chain([last]));
    let taken = peak().saturating_sub(before);
    assert!(taken < BUDGET, "{} MiB", taken >> 20);
    eprintln!(
        "{} MiB at the peak, {} MiB after it",
        taken >> 20,
        resident().saturating_sub(before) >> 20
    );
    assert_eq!(index.len(), 10_001);
    assert_eq!(
        index.search(&Query::new("rename a file")).hits[0].server,
        "good"
    );
}

#[test]
fn entries_over_the_bound_are_counted() {
    let bounds = Bounds {
        entries: 2,
        ..Bounds::DEFAULT
    };
    let entry = Entry {
        server: "s",
        name: "one",
        ..Entry::default()
    };
    let index = Index::build_within(bounds, vec![entry; 5]);
    assert_eq!((index.len(), index.left_out()), (2, 3));
}

fn resident() -> usize {
    status("VmRSS:")
}

fn peak() -> usize {
    status("VmHWM:")
}

fn status(line: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|found| found.strip_prefix(line))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        * 1024
}
