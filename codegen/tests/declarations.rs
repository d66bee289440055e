//! One directory for each case: `tools.json`, and the declarations that come of it, with refusals behind them:
//! `expected.d.ts`. `BLESS=1` rewrites the expectations.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mcp_codegen::{Catalog, declarations};

#[test]
fn every_case_gives_the_declarations_that_it_expects() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarations");
    let mut dirs: Vec<_> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    dirs.sort();
    assert!(dirs.len() > 5, "{dirs:?}");
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
    let catalog = Catalog::parse(&fs::read_to_string(dir.join("tools.json")).unwrap()).unwrap();
    let made = declarations("box-store", &catalog.tools, |_| true).unwrap();
    let mut actual = made.text;
    for refusal in catalog.refused.iter().chain(&made.refused) {
        writeln!(actual, "// refused: {refusal}").unwrap();
    }
    let file = dir.join("expected.d.ts");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &actual).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let name = dir.display();
    (actual != expected)
        .then(|| format!("--- {name}: expected\n{expected}\n--- {name}: actual\n{actual}"))
}

#[test]
fn a_server_is_declared_under_its_own_name_too() {
    let catalog = Catalog::parse("[]").unwrap();
    let modules = |server: &str| -> Vec<String> {
        let text = declarations(server, &catalog.tools, |_| true).unwrap().text;
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("declare module "));
        lines
            .map(|line| line.trim_end_matches(" {").replace('"', ""))
            .collect()
    };
    let expected = [
        "mcp-server:box-store/tools",
        "mcp:box-store",
        "mcp-server:Box_Store/tools",
        "mcp:Box_Store",
    ];
    assert_eq!(modules("Box_Store"), expected);
    assert_eq!(modules("box-store"), expected[..2]);
    // No script can import a server with such a name but by its label.
    assert_eq!(modules("Box \"Store"), expected[..2]);
}
