//! `error-owners.ts`: which team has to look at the errors in the logs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use mcp_guest_sdk::{Error, ToolError, try_join_all};
use serde_json::{Value, json};

use crate::filesystem::{self, ReadTextFileParams, SearchFilesParams};
use crate::memory::{self, OpenNodesParams, Relation};

#[derive(Clone)]
struct Failure {
    at: String,
    program: String,
    customer: String,
}

pub(crate) async fn run(shop: &str) -> Result<Value, Error> {
    let params = SearchFilesParams::new(format!("{shop}/files/logs"), "*.log");
    let found = filesystem::search_files(params).await?.content;
    let mut paths: Vec<&str> = found.lines().collect();
    paths.sort_unstable();
    let failures = try_join_all(paths.into_iter().map(failures_of))
        .await?
        .concat();

    let programs: BTreeSet<&str> = failures
        .iter()
        .map(|failure| failure.program.as_str())
        .collect();
    let relations = relations_of(programs.iter().copied().collect()).await?;
    let team_of: BTreeMap<&str, &str> = relations
        .iter()
        .filter(|relation| relation.relation_type == "owned by")
        .map(|relation| (relation.from.as_str(), relation.to.as_str()))
        .collect();
    let teams: BTreeSet<&str> = programs
        .iter()
        .filter_map(|program| team_of.get(program).copied())
        .collect();
    let on_call = relations_of(teams.iter().copied().collect()).await?;

    let mut all: Vec<(usize, Value)> = Vec::new();
    for team in teams {
        let is_its = |program: &str| team_of.get(program) == Some(&team);
        let its: Vec<&Failure> = failures
            .iter()
            .filter(|failure| is_its(&failure.program))
            .collect();
        let on_call = on_call
            .iter()
            .find(|relation| relation.relation_type == "is on call for" && relation.to == team);
        let customers: BTreeSet<&str> = its
            .iter()
            .map(|failure| failure.customer.as_str())
            .collect();
        all.push((
            its.len(),
            json!({
                "team": team,
                "onCall": on_call.map(|relation| &relation.from),
                "programs": programs.iter().filter(|program| is_its(program)).collect::<Vec<_>>(),
                "errors": its.len(),
                "customers": customers.len(),
                "first": its.iter().map(|failure| &failure.at).min(),
            }),
        ));
    }
    all.sort_by_key(|(errors, _)| Reverse(*errors));
    Ok(all.into_iter().map(|(_, team)| team).collect())
}

async fn relations_of(names: Vec<&str>) -> Result<Vec<Relation>, ToolError> {
    let names = names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    Ok(memory::open_nodes(OpenNodesParams::new(names))
        .await?
        .relations)
}

async fn failures_of(path: &str) -> Result<Vec<Failure>, ToolError> {
    let text = filesystem::read_text_file(ReadTextFileParams::new(path))
        .await?
        .content;
    Ok(text.lines().filter_map(failure).collect())
}

/// `TIME ERROR PROGRAM request ID of customer ID failed: ..`
fn failure(line: &str) -> Option<Failure> {
    let words: Vec<&str> = line.split(' ').collect();
    let [
        at,
        "ERROR",
        program,
        "request",
        _,
        "of",
        "customer",
        customer,
        ..,
    ] = words[..]
    else {
        return None;
    };
    Some(Failure {
        at: at.to_owned(),
        program: program.to_owned(),
        customer: customer.to_owned(),
    })
}
