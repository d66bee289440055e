//! What a command says: the result on stdout, and everything about it on stderr.

use std::io::Write as _;

use anyhow::Context as _;
use clap::ValueEnum;
use mcp_codegen::shape::Function;
use mcp_codegen::{Catalog, Package, Refusal};
use serde_json::{Value, json};

use super::Failure;

/// The form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One JSON object, for programs
    Json,
}

/// Writes the result.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("failed to write the result to stdout")
        .map_err(Failure::Output)
}

/// Writes a JSON value as the result.
pub(super) fn json(value: &Value) -> Result<(), Failure> {
    result(&format!("{value:#}\n"))
}

/// Says something about the result.
pub(super) fn note(text: &str) {
    // The note is lost where nobody listens, and the result is not.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// So many tools that are left out are named on stderr. A catalog may have 50,000 of them.
const MOST_WARNINGS: usize = 1_000;

/// Says which tools are left out, and what the types do not say: a count, or with `verbose` each.
pub(super) fn concerns(catalog: &Catalog, package: &Package, verbose: bool) {
    if catalog.partial {
        note(
            "warning: the answer is one page of several (it has a `nextCursor`); the tools of the others are missing",
        );
    }
    let mut refusals = refusals(catalog, package);
    for refusal in refusals.by_ref().take(MOST_WARNINGS) {
        note(&format!("warning: {refusal}"));
    }
    let more = refusals.count();
    if more > 0 {
        note(&format!(
            "warning: {} more left out; `mcp-codegen inspect` lists them",
            counted(more, "tool")
        ));
    }
    let losses: usize = package
        .functions
        .iter()
        .map(|function| function.losses.len())
        .sum();
    if losses == 0 {
        return;
    }
    let tools = package
        .functions
        .iter()
        .filter(|function| !function.losses.is_empty())
        .count();
    let hint = if verbose { "" } else { " (-v lists them)" };
    let (parts, of) = (counted(losses, "part"), counted(tools, "tool"));
    note(&format!(
        "{parts} of the schemas of {of} could not be typed{hint}"
    ));
    if verbose {
        for function in &package.functions {
            for loss in &function.losses {
                note(&format!("  {} {}: {}", function.label, loss.at, loss.why));
            }
        }
    }
}

/// The tools without a function, those that could not even be read first.
pub(super) fn refusals<'a>(
    catalog: &'a Catalog,
    package: &'a Package,
) -> impl Iterator<Item = &'a Refusal> {
    catalog.refused.iter().chain(&package.refused)
}

/// The losses of a function, for programs.
pub(super) fn losses(function: &Function<'_>) -> Vec<Value> {
    function
        .losses
        .iter()
        .map(|loss| json!({"at": loss.at, "why": loss.why}))
        .collect()
}

/// `1 tool`, `2 tools`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
