//! `bus-factor.ts`: programs that one author wrote almost alone.

use std::collections::BTreeMap;

use mcp_guest_sdk::Error;
use serde_json::{Value, json};

use crate::git::{self, GitLogParams};
use crate::memory::{self, SearchNodesParams};

pub(crate) async fn run(shop: &str) -> Result<Value, Error> {
    let graph = memory::search_nodes(SearchNodesParams::new("component")).await?;
    let log = git::git_log(GitLogParams {
        max_count: Some(10_000),
        start_timestamp: Some("2025-06-01T00:00:00Z".to_owned()),
        ..GitLogParams::new(format!("{shop}/repo"))
    })
    .await?
    .text();
    let commits = commits(&log);

    let mut found = Vec::new();
    for entity in &graph.entities {
        let Some(authors) = commits.get(entity.name.as_str()) else {
            continue;
        };
        let all: u32 = authors.values().sum();
        let Some((author, most)) = authors.iter().max_by_key(|(_, commits)| **commits) else {
            continue;
        };
        if most * 10 < all * 8 {
            continue;
        }
        let maintainer = graph
            .relations
            .iter()
            .find(|relation| {
                relation.relation_type == "maintained by" && relation.from == entity.name
            })
            .map(|relation| relation.to.as_str());
        found.push(json!({
            "component": entity.name, "author": author, "commits": most, "of": all,
            "maintainer": maintainer, "known": maintainer == Some(*author),
        }));
    }
    Ok(json!({ "components": graph.entities.len(), "found": found }))
}

/// How many commits each author made, by program.
fn commits(log: &str) -> BTreeMap<&str, BTreeMap<&str, u32>> {
    let mut commits: BTreeMap<&str, BTreeMap<&str, u32>> = BTreeMap::new();
    let mut author = "";
    for line in log.lines() {
        if let Some(name) = line.strip_prefix("Author: ") {
            author = name;
        } else if let Some((component, _)) = line
            .strip_prefix("Message: ")
            .and_then(|text| text.split_once(": "))
        {
            *commits
                .entry(component)
                .or_default()
                .entry(author)
                .or_default() += 1;
        }
    }
    commits
}
