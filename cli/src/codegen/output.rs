//! The output of a command: the result on stdout, and everything about it on stderr.

use mcp_bridge::text;
use mcp_codegen::shape::Function;
use mcp_codegen::{Catalog, Package, Refusal};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::out;

/// Writes the result: unchanged to a pipe or a file, escaped on a terminal.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    out::now(&out::shown(text))
}

/// Writes text for people only, escaped in every case.
pub(super) fn page(text: &str) -> Result<(), Failure> {
    out::now(&text::page(text))
}

/// Writes a JSON value as the result. On a terminal it holds the same values.
pub(super) fn json(value: &Value) -> Result<(), Failure> {
    out::now(&out::json_shown(&format!("{value:#}\n")))
}

/// Adds the members of the second object to the first.
pub(super) fn extend(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}

/// Writes a note about the result.
pub(super) fn note(text: &str) {
    out::say("", text);
}

/// The most omitted tools that are named on stderr. A catalog may have 50,000 of them.
const MOST_WARNINGS: usize = 1_000;

/// Reports which tools are omitted, and what the types do not express: a count, or with `verbose` each.
pub(super) fn concerns(catalog: &Catalog, package: &Package, verbose: bool) {
    omitted(catalog, &package.refused);
    losses_of(package, verbose);
}

/// Reports which tools are omitted: those that could not be read, and those that were `refused`.
pub(super) fn omitted(catalog: &Catalog, refused: &[Refusal]) {
    if catalog.partial {
        note(
            "warning: the answer is one page of several (it has a `nextCursor`); the tools of the others are missing",
        );
    }
    let mut refusals = catalog.refused.iter().chain(refused);
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
    for flaw in catalog.flaws.iter().take(MOST_WARNINGS) {
        note(&format!("warning: {flaw}"));
    }
    if catalog.flaws.len() > MOST_WARNINGS {
        let more = counted(catalog.flaws.len() - MOST_WARNINGS, "part");
        note(&format!(
            "warning: {more} more that are not as MCP has them"
        ));
    }
}

fn losses_of(package: &Package, verbose: bool) {
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

/// The tools without a function; those that cannot be read come first.
pub(super) fn refusals<'a>(
    catalog: &'a Catalog,
    package: &'a Package,
) -> impl Iterator<Item = &'a Refusal> {
    catalog.refused.iter().chain(&package.refused)
}

/// The losses of a function, as JSON.
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

#[cfg(test)]
mod tests {
    use mcp_codegen::names;

    #[test]
    fn a_name_that_the_library_shows_needs_no_further_escape() {
        for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let shown = names::shown(letter.encode_utf8(&mut [0; 4]));
            assert_eq!(mcp_bridge::text::line(&shown), shown);
        }
    }
}
