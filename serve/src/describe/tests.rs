//! Described tools of the real catalogs and of hostile ones, and their tokens.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it counted"
)]

use std::fs;

use mcp_codegen::Catalog;
use serde_json::json;

use super::*;

#[path = "../../../tests/support/shared.rs"]
mod shared;

/// What the contract allows.
const MOST_COUNTED: usize = 400;

fn described(server: &str, tools: &[Tool], name: &str, is_full: bool) -> String {
    let mut wanted = Wanted::default();
    match is_full {
        true => wanted.full.push(name),
        false => wanted.brief.push(name),
    }
    let mut text = String::new();
    declare(
        &mut text,
        server,
        tools,
        (&wanted, More::Call),
        &BTreeMap::new(),
    );
    text
}

#[test]
fn no_tool_of_a_real_catalog_takes_more_than_400_tokens() {
    let tokenizer = tiktoken_rs::o200k_base().unwrap();
    let (mut tools, mut total, mut longest, mut whole) = (0_usize, 0, 0, 0);
    let mut wrong = Vec::new();
    for file in shared::shared("schemas") {
        let name = file.file_name().unwrap().to_str().unwrap();
        let Some(server) = name.strip_suffix(".tools.json") else {
            continue;
        };
        let catalog = Catalog::parse(&fs::read_to_string(&file).unwrap()).unwrap();
        for tool in &catalog.tools {
            let text = described(server, &catalog.tools, &tool.name, false);
            let tokens = tokenizer.encode_ordinary(&text).len();
            if std::env::var_os("SHOW").is_some() {
                eprintln!("{tokens}\n{text}");
            }
            tools += 1;
            total += tokens;
            longest = longest.max(tokens);
            whole += usize::from(!text.contains("// left out: "));
            if tokens > MOST_COUNTED || !text.contains("function ") {
                wrong.push(format!("{tokens}: {text}"));
            }
        }
    }
    if tools == 0 {
        return;
    }
    assert!(tools >= 778, "{tools} tools");
    eprintln!(
        "{tools} tools, {} tokens on average, {longest} at most, {whole} whole",
        total / tools
    );
    assert!(
        wrong.is_empty(),
        "{} of {tools}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // A bound that is far from reached would waste what a declaration may say.
    assert!(whole * 2 > tools, "{whole} of {tools} are whole");
}

fn tools(listed: &serde_json::Value) -> Vec<Tool> {
    Catalog::parse(&listed.to_string()).unwrap().tools
}

#[test]
fn what_is_left_out_is_said_and_can_be_had() {
    let long = "Puts the box where it belongs. ".repeat(40);
    let mut properties = serde_json::Map::new();
    for at in 0..5 {
        let inner = json!({"type": "object", "properties": {
            "colour": {"type": "string", "description": long, "maxLength": 7},
        }});
        let described = json!({"type": "integer", "description": long, "default": at});
        properties.insert(format!("number{at}"), described);
        properties.insert(format!("part{at}"), inner);
    }
    let tools = tools(&json!([{
        "name": "put_box",
        "description": long,
        "inputSchema": {"type": "object", "properties": properties, "required": ["number3"]},
        "annotations": {"destructiveHint": true},
    }]));
    let brief = described("box-store", &tools, "put_box", false);
    let note = brief.lines().find(|line| line.contains("left out: "));
    let note = note.unwrap_or_else(|| panic!("{brief}"));
    assert!(
        note.ends_with(r#" All of it: describe_tools ["box-store.put_box:full"]"#),
        "{note}"
    );
    for part in [
        "Puts the box where it belongs.",
        "Destructive.",
        "number3: number;",
        "ault `3`",
        " texts",
    ] {
        assert!(brief.contains(part), "no `{part}` in:\n{brief}");
    }
    let full = described("box-store", &tools, "put_box", true);
    assert!(full.len() > 10 * brief.len(), "{full}");
    assert!(
        full.contains("At most 7 characters.") && !full.contains("left out"),
        "{full}"
    );
}

#[test]
fn a_tool_of_a_thousand_arguments_names_some_and_counts_the_rest() {
    let properties: serde_json::Map<_, _> = (0..1_000)
        .map(|at| (format!("argument_{at}"), json!({"type": "string"})))
        .collect();
    let required: Vec<_> = (0..500).map(|at| format!("argument_{at}")).collect();
    let tools = tools(&json!([{
        "name": "many",
        "inputSchema": {"type": "object", "properties": properties, "required": required},
    }]));
    let brief = described("s", &tools, "many", false);
    assert!(brief.contains("argument_0: string;"), "{brief}");
    assert!(brief.contains(" and 958 more"), "{brief}");
    assert!(estimated_tokens(&brief) <= MOST_TOKENS + AROUND, "{brief}");
}
