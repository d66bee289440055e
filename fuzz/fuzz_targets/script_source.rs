//! Bytes -> the source of a script. Whatever it is: reading ends in JavaScript or in a reason with a place, in time and
//! in bounded memory. The JavaScript parses, keeps every line, and imports what the manifest names and nothing else.
//!
//! The first byte says under which name the text is read, and which schema the answers of its tools have.
#![no_main]

mod budget;

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use budget::Budget;
use libfuzzer_sys::fuzz_target;
use mcp_script::{Diagnostic, Script, check, read};
use oxc_allocator::Allocator;
use oxc_ast::ast::Statement;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    if let Some((kind, text)) = bytes.split_first() {
        run(*kind, &String::from_utf8_lossy(text));
    }
});

/// What an input may take beside its length: the reader tries several texts, and each tree is some times as large.
const BYTES: usize = 32 << 20;
const BYTES_PER_BYTE: usize = 4 << 10;
const TIME: Duration = Duration::from_secs(1);
const TIME_PER_BYTE: Duration = Duration::from_micros(200);

fn run(kind: u8, text: &str) {
    let name = if kind & 1 == 0 {
        "script.ts"
    } else {
        "script.js"
    };
    let length = u32::try_from(text.len()).expect("inputs are short");
    let budget = Budget {
        bytes: BYTES + BYTES_PER_BYTE * text.len(),
        time: TIME + TIME_PER_BYTE * length,
    };
    let found = budget.spend(|| {
        let found = read(name, text);
        if let Ok(script) = &found {
            checked(script, kind, text);
        }
        found
    });
    match found {
        Ok(script) => {
            runs(&script, text);
            script.warnings().iter().for_each(|one| placed(one, text));
        }
        Err(refused) => {
            assert!(!refused.diagnostics.is_empty(), "refused without a reason");
            refused.diagnostics.iter().for_each(|one| placed(one, text));
        }
    }
}

/// Compares with schemas, as the host does.
fn checked(script: &Script, kind: u8, text: &str) {
    static SCHEMAS: LazyLock<[Value; 3]> = LazyLock::new(schemas);
    let schema = &SCHEMAS[usize::from(kind >> 1) % SCHEMAS.len()];
    for tool in &script.manifest().tools {
        for call in &tool.calls {
            check::arguments(call, schema, &check::Work::default())
                .iter()
                .for_each(|one| placed(one, text));
        }
        check::answers(&tool.reads, &tool.name, schema)
            .iter()
            .for_each(|one| placed(one, text));
    }
    let compiled = script.typescript();
    assert!(compiled.is_none_or(|compiled| lines(&compiled) >= lines(&normal(text))));
}

fn schemas() -> [Value; 3] {
    let item = json!({
        "type": "object", "additionalProperties": false,
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "next": {"$ref": "#"}},
    });
    [
        json!({
            "type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"enum": ["x", "y"]}, "items": {"type": "array", "items": item}},
        }),
        json!({"anyOf": [item, {"$ref": "#/anyOf/0"}, {"type": "null"}]}),
        json!({"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#"}}}}),
    ]
}

/// A diagnostic has a place in the text, and a bounded rendering.
fn placed(one: &Diagnostic, text: &str) {
    assert_ne!(one.code.name(), "internal", "{}", one.message);
    let line = usize::try_from(one.at.line).expect("a line");
    assert!(
        one.at.column >= 1 && line >= 1 && line <= lines(&normal(text)) + 1,
        "{one:?}"
    );
    assert!(one.render("script.ts", text).len() < 16 << 10, "{one:?}");
}

fn runs(script: &Script, text: &str) {
    let allocator = Allocator::default();
    let options = ParseOptions {
        parse_regular_expression: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, script.javascript(), SourceType::mjs())
        .with_options(options)
        .parse();
    let wrong = parsed.diagnostics.errors().next();
    assert!(wrong.is_none(), "{wrong:?}\n{}", script.javascript());
    assert!(lines(script.javascript()) >= lines(&normal(text)));

    let manifest = script.manifest();
    let tools = manifest
        .tools
        .iter()
        .map(|tool| (&*tool.specifier, &*tool.name));
    let tools: BTreeSet<(&str, &str)> = tools.collect();
    let runs: BTreeSet<&str> = manifest.runs.iter().map(|run| &*run.specifier).collect();
    let mut modules = BTreeSet::new();
    for statement in &parsed.program.body {
        let (source, names) = imported(statement);
        let Some(source) = source else {
            continue;
        };
        modules.insert(source.clone());
        // `import {} from "mcp:a"` names no tool.
        let is_known = source == "mcp-host"
            || runs.contains(&*source)
            || tools.iter().any(|(specifier, _)| *specifier == source)
            || names.as_ref().is_none_or(Vec::is_empty);
        assert!(is_known, "{source} is imported, and not in the manifest");
        if source != "mcp-host" && !runs.contains(&*source) {
            for name in names.iter().flatten() {
                assert!(tools.contains(&(&*source, name)), "{name} of {source}");
            }
        }
    }
    for specifier in tools.iter().map(|(specifier, _)| *specifier).chain(runs) {
        assert!(modules.contains(specifier), "{specifier} is not imported");
    }
}

/// The module of a statement, and the names of it; `None` for all of them.
fn imported(statement: &Statement<'_>) -> (Option<String>, Option<Vec<String>>) {
    use oxc_ast::ast::ImportDeclarationSpecifier as One;
    match statement {
        Statement::ImportDeclaration(it) => {
            let specifiers = it.specifiers.iter().flatten();
            let names = specifiers.map(|one| match one {
                One::ImportSpecifier(one) => Some(one.imported.name().to_string()),
                One::ImportDefaultSpecifier(_) | One::ImportNamespaceSpecifier(_) => None,
            });
            (Some(it.source.value.to_string()), names.collect())
        }
        Statement::ExportFromDeclaration(it) => {
            let names = it.specifiers.iter().map(|one| one.local.name().to_string());
            (Some(it.source.value.to_string()), Some(names.collect()))
        }
        Statement::ExportAllDeclaration(it) => (Some(it.source.value.to_string()), None),
        _ => (None, None),
    }
}

/// Line ends as the reader has them.
fn normal(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}
