//! Lists that are too long together, and names that look alike.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use mcp_bridge::JsonObject;
use mcp_search::Query;

use super::*;
use crate::list::List;

fn known(name: &str, tools: &[(&str, usize)]) -> Known {
    let tools: Vec<_> = tools
        .iter()
        .map(|(name, size)| {
            let description = "x".repeat(*size);
            Tool::new((*name).to_owned(), description, Arc::new(JsonObject::new()))
        })
        .collect();
    Known::kept(name, List::of(&tools))
}

#[test]
fn the_longest_lists_are_left_out_and_counted_and_the_small_ones_stay() {
    let servers = vec![
        known("huge", &[("a", 4_000), ("b", 4_000)]),
        known("small", &[("get_issue", 10)]),
        known("large", &[("c", 3_000)]),
    ];
    let snapshot = Snapshot::of(Some(1), (servers, Default::default()), 4_000);
    let left_out: Vec<_> = snapshot
        .servers
        .iter()
        .map(|known| (&*known.listed.name, known.left_out, known.listed.tools))
        .collect();
    let expected = [
        ("huge", 2, Some(2)),
        ("small", 0, Some(1)),
        ("large", 0, Some(1)),
    ];
    assert_eq!(left_out, expected);
    let found = snapshot.index.search(&Query::new("get_issue"));
    let (server, tool) = snapshot.tool(found.hits[0].at).unwrap();
    assert_eq!((&*server.listed.name, &*tool.name), ("small", "get_issue"));
}

#[test]
fn names_that_look_alike_are_a_line_each() {
    let servers = vec![
        known("github", &[("list1", 1)]),
        known("gіthub", &[("listl", 1)]),
    ];
    let snapshot = Snapshot::of(Some(1), (servers, Default::default()), MOST_BYTES);
    assert_eq!(
        snapshot.alike,
        [
            "server `g\\u{456}thub` looks like server `github`",
            "tool `listl` of server `gіthub` looks like tool `list1` of server `github`",
        ]
    );
}
