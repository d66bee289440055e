//! Each case is a source, `NAME.ts`, and all that comes of it, `NAME.expected`. `BLESS=1` rewrites the latter.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mcp_script::{Diagnostic, Kind, Literal, Manifest, Script, read};

#[test]
fn every_case_gives_what_is_expected() {
    let mut wrong = Vec::new();
    for path in cases() {
        let text = std::fs::read_to_string(&path).unwrap();
        let shown = show(&text);
        let expected = path.with_extension("expected");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &shown).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        if shown != expected {
            wrong.push(format!(
                "== {}\n{shown}\n-- expected\n{expected}",
                stem(&path)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_cases_for_all_forms_in_which_models_write() {
    let cases = cases();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let habits = cases
        .iter()
        .filter(|path| stem(path).starts_with("habit-"))
        .count();
    assert!(habits >= 60, "{habits} forms");
}

/// What the cases expect has to be right by itself: each line stays, and each place is found again.
#[test]
fn every_place_of_the_javascript_is_a_place_of_the_source() {
    let mut compared = 0;
    for path in cases() {
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(script) = read("script.ts", &text) else {
            continue;
        };
        // Their keywords are written over what was there.
        let rewritten = [
            "enum",
            "namespace",
            "require",
            "return",
            "module",
            "equals",
            "all",
            "quotes",
        ];
        let returns = text.lines().any(|line| line.starts_with("return"));
        if returns || rewritten.iter().any(|form| stem(&path).contains(form)) {
            continue;
        }
        let source: Vec<_> = text.trim_start_matches('\u{feff}').lines().collect();
        for (number, line) in script.javascript().lines().take(source.len()).enumerate() {
            let at = |column: usize| {
                let number = u32::try_from(number + 1).unwrap();
                script.original(number, u32::try_from(column + 1).unwrap())
            };
            for (column, char) in line.chars().enumerate() {
                let (back, there) = at(column);
                assert_eq!(back as usize, number + 1, "{}", stem(&path));
                // In an insertion, the next place is the same.
                if at(column + 1).1 == there || matches!(char, ' ' | ';' | '(' | ')') {
                    continue;
                }
                let wanted = source[number].chars().nth(there as usize - 1);
                assert_eq!(
                    Some(char),
                    wanted,
                    "{} {}:{}",
                    stem(&path),
                    number + 1,
                    column + 1
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 5_000, "{compared}");
}

fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ts"))
        .collect();
    cases.sort();
    cases
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn show(text: &str) -> String {
    let mut out = String::new();
    let diagnostics = |list: &[Diagnostic]| {
        let mut shown = String::new();
        for one in list {
            let severity = format!("{:?}", one.severity).to_lowercase();
            let _ = writeln!(shown, "{severity} {}", one.code.name());
            let _ = writeln!(shown, "{}", one.render("script.ts", text));
        }
        shown
    };
    match read("script.ts", text) {
        Ok(script) => {
            let _ = writeln!(out, "--- javascript\n{}\n--- manifest", visible(&script));
            manifest(&mut out, script.manifest());
            if !script.warnings().is_empty() {
                let _ = write!(out, "--- diagnostics\n{}", diagnostics(script.warnings()));
            }
        }
        Err(refused) => {
            let _ = write!(
                out,
                "--- diagnostics\n{}",
                diagnostics(&refused.diagnostics)
            );
        }
    }
    out
}

/// Lines without the blanks at their ends.
fn visible(script: &Script) -> String {
    let lines: Vec<_> = script.javascript().lines().map(str::trim_end).collect();
    lines.join("\n")
}

fn manifest(out: &mut String, manifest: &Manifest) {
    for tool in &manifest.tools {
        let (line, column) = (tool.at.line, tool.at.column);
        let _ = writeln!(
            out,
            "{} {} ({}) {line}:{column}",
            tool.specifier, tool.name, tool.server
        );
        for call in &tool.calls {
            let argument = call.argument.as_ref().map(literal).unwrap_or_default();
            let _ = writeln!(out, "  {}:{} ({argument})", call.at.line, call.at.column);
        }
    }
    for name in &manifest.host {
        let _ = writeln!(out, "mcp-host {}", name.name());
    }
    for run in &manifest.runs {
        let _ = writeln!(out, "{} ({})", run.specifier, run.id);
    }
}

fn literal(it: &Literal) -> String {
    match &it.kind {
        Kind::Null => "null".to_owned(),
        Kind::Undefined => "undefined".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(value) => value.to_string(),
        Kind::String(value) => format!("{value:?}"),
        Kind::Text => "text".to_owned(),
        Kind::Unknown => "?".to_owned(),
        Kind::Array { items, open } => {
            let mut items: Vec<_> = items.iter().map(literal).collect();
            items.extend(open.then(|| "...".to_owned()));
            format!("[{}]", items.join(", "))
        }
        Kind::Object { properties, open } => {
            let mut items: Vec<_> = properties
                .iter()
                .map(|one| format!("{}: {}", one.name, literal(&one.value)))
                .collect();
            items.extend(open.then(|| "...".to_owned()));
            format!("{{{}}}", items.join(", "))
        }
    }
}
