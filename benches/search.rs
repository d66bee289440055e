//! Search over 5,000 tools: building the index, and one query of a few words, one of many, one exact name and one that
//! finds nothing. The bounds of the issue are 50 ms for the index and 2 ms for a query.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_search::{Entry, Index, Parameter, Query};

const TOOLS: usize = 5_000;

fn search(criterion: &mut Criterion) {
    let tools = tools();
    let entries = || -> Vec<Entry<'_>> {
        tools
            .iter()
            .map(|(server, name, description)| Entry {
                server,
                name,
                description,
                parameters: ["owner", "repository", "pageSize"]
                    .map(|name| Parameter {
                        name,
                        description: "What it is called.",
                        values: vec!["all", "none"],
                    })
                    .into(),
                ..Entry::default()
            })
            .collect()
    };
    let mut group = criterion.benchmark_group("search");
    group.bench_function("index/5000", |bencher| {
        bencher.iter(|| Index::build(black_box(entries())));
    });
    let index = Index::build(entries());
    assert_eq!(index.len(), TOOLS);
    let long = "Read every open issue of the repository, compare the labels with the list in /tmp/labels.csv, then \
                write a report as a document, send it by mail to the team, and close what was answered last week";
    for (name, text, finds) in [
        ("short", "create an issue in a repository", true),
        ("long", long, true),
        ("exact", "server_0.list_issues_0", true),
        ("misspelt", "repositroy", true),
        ("nothing", "xylophone", false),
    ] {
        assert_eq!(index.search(&Query::new(text)).total > 0, finds, "{text}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(index.search(&Query::new(black_box(text)))))
        });
    }
    group.finish();
}

/// Names and descriptions of verbs and things, as tools have them: 40 words each.
fn tools() -> Vec<(String, String, String)> {
    let verbs = [
        "list", "get", "create", "update", "delete", "search", "send", "export",
    ];
    let things = [
        "issues",
        "file",
        "message",
        "calendar event",
        "row",
        "page",
        "user",
        "label",
        "comment",
        "report",
    ];
    (0..TOOLS)
        .map(|number| {
            let (verb, thing) = (verbs[number % verbs.len()], things[number / verbs.len() % things.len()]);
            let name = format!("{verb}_{}_{number}", thing.replace(' ', "_"));
            let description = format!(
                "{verb}s the {thing} of a repository or project. Returns the {thing} with its title, state, owner and \
                 date of creation. Use it when the user asks for the {thing} by name or number {number}. Requires \
                 write access where anything changes."
            );
            (format!("server_{}", number % 50), name, description)
        })
        .collect()
}

criterion_group!(benches, search);
criterion_main!(benches);
