//! One directory for each case: `schema.json` (the input schema of one tool) or `tools.json` (a whole list), and the
//! package that comes of it, with losses and refusals behind it: `expected.wit`. `BLESS=1` rewrites the expectations.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mcp_codegen::{Catalog, Flavour, package};

#[test]
fn every_case_gives_what_it_expects() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut dirs: Vec<_> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    dirs.sort();
    let wrong: Vec<String> = dirs.iter().filter_map(|dir| difference(dir)).collect();
    assert!(
        wrong.is_empty(),
        "{}\n{} of {} cases differ (BLESS=1 rewrites them)",
        wrong.join("\n"),
        wrong.len(),
        dirs.len()
    );
}

fn difference(dir: &Path) -> Option<String> {
    let name = dir.file_name().unwrap().to_string_lossy().into_owned();
    let text = match fs::read_to_string(dir.join("schema.json")) {
        Ok(schema) => format!(r#"[{{"name": "call", "inputSchema": {schema}}}]"#),
        Err(_) => fs::read_to_string(dir.join("tools.json"))
            .unwrap_or_else(|error| panic!("{name}: {error}")),
    };
    let actual = outcome(&text);
    let file = dir.join("expected.wit");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &actual).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    (actual != expected)
        .then(|| format!("--- {name}: expected\n{expected}\n--- {name}: actual\n{actual}"))
}

/// The package, the losses and the refusals; or the error.
fn outcome(text: &str) -> String {
    let catalog = match Catalog::parse(text) {
        Ok(catalog) => catalog,
        Err(error) => return format!("// error: {error}\n"),
    };
    let package = package("example", &catalog.tools, Flavour::Sync).unwrap();
    let mut out = package.wit;
    for function in &package.functions {
        for loss in &function.losses {
            writeln!(out, "// loss: {} {}: {}", function.label, loss.at, loss.why).unwrap();
        }
    }
    for flaw in &catalog.flaws {
        writeln!(out, "// flaw: {flaw}").unwrap();
    }
    for refusal in catalog.refused.iter().chain(&package.refused) {
        writeln!(out, "// refused: {refusal}").unwrap();
    }
    out
}
