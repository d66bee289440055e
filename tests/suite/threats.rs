//! `docs/threats.md` names only tests that exist and run, and every row names one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mcp_tests::root;

#[test]
fn every_threat_names_a_test_that_exists_and_runs() {
    let page = std::fs::read_to_string(root().join("docs/threats.md")).unwrap();
    let problems = problems(&page, &tests());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_page_that_names_a_missing_or_ignored_test_or_none_is_seen() {
    let tests = BTreeMap::from([
        ("a::runs".to_owned(), Kind::Runs),
        ("a::sleeps".to_owned(), Kind::Ignored),
    ]);
    let page = "| Threat | What happens | Shown by |\n|---|---|---|\n\
        | fine | x | `a::runs` |\n\
        | later | x | open: needs a network |\n\
        | gone | x | `a::gone`, `a::runs` |\n\
        | asleep | x | `a::sleeps` |\n\
        | bare | x | open: |\n\
        | empty | x | |\n";
    assert_eq!(
        problems(page, &tests),
        [
            "`gone`: there is no test `a::gone`",
            "`asleep`: test `a::sleeps` is ignored",
            "`bare`: names no test and does not say why",
            "`empty`: names no test and does not say why",
        ]
    );
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Runs,
    Ignored,
}

/// The mistakes of the page, one line each.
fn problems(page: &str, tests: &BTreeMap<String, Kind>) -> Vec<String> {
    let mut problems = Vec::new();
    for row in page.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let (Some(threat), Some(shown)) = (cells.first(), cells.get(2)) else {
            if !row.starts_with("|---") {
                problems.push(format!("`{row}`: not three cells"));
            }
            continue;
        };
        if *threat == "Threat" {
            continue;
        }
        let shown = shown.trim_end_matches('|').trim();
        if let Some(why) = shown.strip_prefix("open:") {
            if why.trim().is_empty() {
                problems.push(format!("`{threat}`: names no test and does not say why"));
            }
            continue;
        }
        let named: Vec<_> = shown.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            problems.push(format!("`{threat}`: names no test and does not say why"));
        }
        for name in named {
            match tests.get(name) {
                Some(Kind::Runs) => {}
                Some(Kind::Ignored) => {
                    problems.push(format!("`{threat}`: test `{name}` is ignored"));
                }
                None => problems.push(format!("`{threat}`: there is no test `{name}`")),
            }
        }
    }
    problems
}

/// Every test of the workspace, by the name under which cargo runs it.
fn tests() -> BTreeMap<String, Kind> {
    let mut tests = BTreeMap::new();
    for (dir, package) in [
        ("audit", "mcp_audit"),
        ("bridge", "mcp_bridge"),
        ("codegen", "mcp_codegen"),
        ("codec", "mcp_codec"),
        ("script", "mcp_script"),
        ("search", "mcp_search"),
        ("serve", "mcp_serve"),
        ("skills", "mcp_skills"),
        ("script-engine-image", "mcp_script_engine_image"),
        ("script-engine-code", "mcp_script_engine_code"),
        ("host", "mcp_host"),
        ("cli", "mcp_cli"),
        ("guest-sdk", "mcp_guest_sdk"),
        ("guest-sdk/macros", "mcp_guest_sdk_macros"),
    ] {
        for target in ["src", "tests"] {
            collect(&root().join(dir).join(target), package, &mut tests);
        }
    }
    collect_under(&root().join("tests/suite"), "mcp_tests::suite", &mut tests);
    tests
}

fn collect(dir: &Path, prefix: &str, tests: &mut BTreeMap<String, Kind>) {
    if dir.is_dir() {
        collect_under(dir, prefix, tests);
    }
}

fn collect_under(dir: &Path, prefix: &str, tests: &mut BTreeMap<String, Kind>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            collect_under(&path, &format!("{prefix}::{stem}"), tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = match stem {
                "lib" | "main" | "mod" => prefix.to_owned(),
                stem => format!("{prefix}::{stem}"),
            };
            scan(&std::fs::read_to_string(&path).unwrap(), &module, tests);
        }
    }
}

/// Finds `#[test]` and `#[tokio::test]` functions, in the file's own module or in one written in it.
fn scan(source: &str, module: &str, tests: &mut BTreeMap<String, Kind>) {
    let mut inner = None;
    let (mut is_test, mut ignored) = (false, false);
    for line in source.lines() {
        if let Some(name) = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(" {"))
        {
            inner = Some(name.to_owned());
        } else if line == "}" {
            inner = None;
        }
        let line = line.trim_start();
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        ignored |= line.starts_with("#[ignore");
        let function = line
            .trim_start_matches("pub ")
            .trim_start_matches("async ")
            .strip_prefix("fn ");
        let Some(name) = function.and_then(|rest| rest.split('(').next()) else {
            continue;
        };
        if is_test {
            let name = match &inner {
                Some(inner) => format!("{module}::{inner}::{name}"),
                None => format!("{module}::{name}"),
            };
            let kind = if ignored { Kind::Ignored } else { Kind::Runs };
            tests.insert(name, kind);
        }
        (is_test, ignored) = (false, false);
    }
}
