//! The approval matrix: four kinds of client, two revisions of MCP, three decisions, through the official SDKs. What
//! each client is asked, and what its agent gets, is in `golden/approvals.txt`. `BLESS=1` writes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mcp_tests::{binary, root};
use serde_json::{Value, json};

use super::super::clients;
use super::{echoed, host};
use crate::cli::Host;

const KINDS: [&str; 4] = ["none", "form", "declines", "never"];
const DECISIONS: [&str; 3] = ["approve", "deny", "expire"];
const VERSIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

const CODE: &str = "import { echo } from \"mcp:scripted\";\nexport default await echo({ n: 1 });";

/// One client of each kind, and each decision of its user.
fn cells() -> Vec<Value> {
    let cells = KINDS.into_iter().flat_map(|kind| {
        DECISIONS.into_iter().map(move |decision| {
            let wait = if decision == "expire" { "1s" } else { "15m" };
            // A client that never answers is given up soon.
            let hold = if kind == "never" { "1s" } else { "60s" };
            let options = ["--wait", wait, "--hold", hold];
            json!({ "kind": kind, "decision": decision, "options": options })
        })
    });
    cells.collect()
}

/// Runs all cells of one revision through a client.
fn told(test: &str, version: &str, program: clients::Program) -> Option<Vec<Value>> {
    let host = host();
    let plan = json!({
        "version": version,
        "program": binary("mcp-host"),
        "code": CODE,
        "cells": cells(),
    });
    let told = clients::printed(test, &host, program, &plan)?;
    let told = told.as_array().unwrap().clone();
    // The server saw the call where the user allowed it, and nowhere else.
    let allowed = KINDS.len();
    assert_eq!(echoed(&host).len(), allowed, "{told:?}");
    Some(told.iter().map(|cell| plain(cell, &host)).collect())
}

/// A cell without what differs from run to run.
fn plain(cell: &Value, host: &Host) -> Value {
    let texts = cell.as_object().unwrap().iter().map(|(name, text)| {
        let text = text.as_str().unwrap();
        let dir = host.dir.path().canonicalize().unwrap();
        let mut text = text.replace(dir.to_str().unwrap(), "DIR");
        while let Some(at) = text
            .match_indices("r_")
            .map(|(at, _)| at)
            .find(|at| is_id(&text[*at..]))
        {
            text.replace_range(at..at + 10, "RUN");
        }
        if let Some((before, after)) = text.split_once("waits for the user until ") {
            let rest = &after[after.find(" UTC").unwrap()..];
            text = format!("{before}waits for the user until TIME{rest}");
        }
        let first = text.lines().next().unwrap_or_default();
        if let Some(ms) = first
            .strip_suffix(" ms")
            .and_then(|line| line.rsplit("  ").next())
        {
            text = text.replacen(&format!("  {ms} ms"), "  MS ms", 1);
        }
        (name.clone(), Value::from(text))
    });
    Value::Object(texts.collect())
}

fn is_id(text: &str) -> bool {
    let letters = text.bytes().skip(2).take(8);
    text.len() >= 10 && letters.filter(u8::is_ascii_alphanumeric).count() == 8
}

/// Both revisions as one page. Cells with the same texts stand together.
fn page(told: &BTreeMap<&str, Vec<Value>>) -> String {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (version, cells) in told {
        assert_eq!(cells.len(), KINDS.len() * DECISIONS.len());
        let names = cells_named().into_iter();
        for (name, cell) in names.zip(cells) {
            let name = format!("{version}, {name}");
            let mut text = String::new();
            for part in ["asked", "call", "resume"] {
                let said = cell[part].as_str().unwrap_or("nothing");
                let _ = writeln!(text, "{part}: {}", said.trim_end().replace('\n', "\n    "));
            }
            match groups.iter_mut().find(|(known, _)| *known == text) {
                Some((_, names)) => names.push(name),
                None => groups.push((text, vec![name])),
            }
        }
    }
    let groups = groups
        .into_iter()
        .map(|(text, names)| format!("{}\n{text}", names.join("\n")));
    groups.collect::<Vec<_>>().join("\n")
}

fn cells_named() -> Vec<String> {
    let named = KINDS.iter().flat_map(|kind| {
        DECISIONS
            .iter()
            .map(move |decision| format!("{kind}, {decision}"))
    });
    named.collect()
}

#[track_caller]
fn is_golden(test: &str, program: clients::Program) {
    let mut told_by = BTreeMap::new();
    for version in VERSIONS {
        let Some(told) = told(test, version, program) else {
            return;
        };
        told_by.insert(version, told);
    }
    let page = page(&told_by);
    let file = root().join("tests/suite/serve/golden/approvals.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(page, golden, "{}: `BLESS=1` rewrites it", file.display());
}

#[test]
fn each_decision_reaches_the_agent_through_the_typescript_sdk() {
    let test = "each_decision_reaches_the_agent_through_the_typescript_sdk";
    is_golden(test, clients::Program::TypeScript);
}

/// The same texts as through the other SDK.
#[test]
fn each_decision_reaches_the_agent_through_the_python_sdk() {
    let test = "each_decision_reaches_the_agent_through_the_python_sdk";
    is_golden(test, clients::Program::Python);
}
