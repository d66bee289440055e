//! Real catalogs: every tool of every server comes out, and comes out as it was reviewed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it counted"
)]

mod expressible;
#[path = "../../../tests/support/shared.rs"]
mod shared;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mcp_codegen::shape::Function;
use mcp_codegen::{Catalog, Flavour, package, signature};
use serde_json::{Value, json};

use self::shared::shared;

fn catalogs() -> impl Iterator<Item = (String, Catalog)> {
    shared("schemas").into_iter().filter_map(|file| {
        let server = file
            .file_name()?
            .to_str()?
            .strip_suffix(".tools.json")?
            .to_owned();
        Some((
            server,
            Catalog::parse(&fs::read_to_string(&file).unwrap()).unwrap(),
        ))
    })
}

#[test]
fn every_tool_of_every_catalog_has_a_function() {
    for (server, catalog) in catalogs() {
        assert_eq!(catalog.refused, [], "{server}");
        for flavour in [Flavour::Sync, Flavour::Async] {
            let made = package(&server, &catalog.tools, flavour)
                .unwrap_or_else(|error| panic!("{server}: {error:?}"));
            assert_eq!(made.refused, [], "{server}");
            assert_eq!(made.functions.len(), catalog.tools.len(), "{server}");
            assert_eq!(
                made.wit,
                package(&server, &catalog.tools, flavour).unwrap().wit,
                "{server}"
            );
        }
    }
}

#[test]
fn a_function_is_the_same_alone_and_among_others() {
    for (server, catalog) in catalogs() {
        let made = package(&server, &catalog.tools, Flavour::Sync).unwrap();
        for (function, tool) in made.functions.iter().zip(&catalog.tools) {
            assert_eq!(
                *function,
                mcp_codegen::function(&function.label, tool).unwrap(),
                "{server}"
            );
        }
    }
}

/// A tool whose schemas are plain, maps or unions whose arms can be told apart has no `json` in its signature. Which
/// tools those are is for `expressible` to say.
#[test]
fn every_expressible_tool_is_typed() {
    let (mut tools, mut expressible, mut typed) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (server, catalog) in catalogs() {
        let made = package(&server, &catalog.tools, Flavour::Sync).unwrap();
        for (function, tool) in made.functions.iter().zip(&catalog.tools) {
            let why = expressible::input(&tool.input_schema)
                .or_else(|| expressible::output(tool.output_schema.as_ref()?));
            tools += 1;
            typed += usize::from(function.is_typed());
            expressible += usize::from(why.is_none());
            let signature = signature(function);
            let untyped = signature
                .split(|char: char| !char.is_ascii_alphanumeric() && char != '-')
                .any(|word| word == "json");
            assert_eq!(untyped, !function.is_typed(), "{signature}");
            if why.is_none() && untyped {
                wrong.push(format!("{server} {signature}"));
            }
        }
    }
    eprintln!("{tools} tools, {expressible} expressible, {typed} typed");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tools == 0 || (tools, expressible) == (778, 675));
}

/// Where a signature has `json`, a loss says why: nothing is untyped in silence.
#[test]
fn every_untyped_part_is_a_loss() {
    for (server, catalog) in catalogs() {
        for function in package(&server, &catalog.tools, Flavour::Sync)
            .unwrap()
            .functions
        {
            let said = function
                .losses
                .iter()
                .any(|loss| loss.why.contains("`json`"));
            assert_eq!(
                said,
                !function.is_typed(),
                "{server} {}: {:?}",
                function.label,
                function.losses
            );
        }
    }
}

/// The signatures of each server, with what they do not say, as they were reviewed. `BLESS=1` rewrites them.
#[test]
fn signatures_are_as_reviewed() {
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/signatures");
    for (server, catalog) in catalogs() {
        let made = package(&server, &catalog.tools, Flavour::Sync).unwrap();
        let actual: String = made.functions.iter().map(entry).collect();
        let file = snapshots.join(format!("{server}.txt"));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&file, &actual).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        for (expected, actual) in expected.lines().zip(actual.lines()) {
            assert_eq!(
                expected,
                actual,
                "{server} (BLESS=1 rewrites `{}`)",
                file.display()
            );
        }
        assert_eq!(expected.lines().count(), actual.lines().count(), "{server}");
    }
}

fn entry(function: &Function) -> String {
    let mut out = signature(function) + "\n";
    for loss in &function.losses {
        writeln!(out, "  ! {}: {}", loss.at, loss.why).unwrap();
    }
    out
}

/// Every schema of the JSON Schema test suite, as a property and as a result: a type, or `json` with a loss.
#[test]
fn every_schema_of_the_test_suite_has_a_function() {
    let mut seen = 0;
    for file in shared("json-schema-test-suite/tests/draft2020-12") {
        let groups: Vec<Value> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for group in groups {
            let (name, schema) = (&group["description"], &group["schema"]);
            let input =
                json!({"type": "object", "properties": {"value": schema}, "required": ["value"]});
            let tools =
                json!([{"name": "tool", "inputSchema": input, "outputSchema": schema}]).to_string();
            let catalog = Catalog::parse(&tools).unwrap();
            let made = package("suite", &catalog.tools, Flavour::Sync)
                .unwrap_or_else(|error| panic!("{} {name}: {error:?}", file.display()));
            assert_eq!(made.refused, [], "{} {name}", file.display());
            let said = made.functions[0]
                .losses
                .iter()
                .any(|loss| loss.why.contains("`json`"));
            assert_eq!(
                said,
                !made.functions[0].is_typed(),
                "{} {name}\n{}",
                file.display(),
                made.wit
            );
            seen += 1;
        }
    }
    assert!(seen == 0 || seen > 300, "{seen}");
}
