//! Catalogs that are too large together: which tools fall out.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};

use super::*;
use crate::{Catalog, Flavour, package, render};

/// A chain of definitions that each use the next one three times: a kilobyte of text, and ten thousand parts.
fn dag() -> Value {
    let level = |at: usize| {
        let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
        let level = json!({"type": "array", "prefixItems": [next, next, next]});
        (format!("d{at}"), level)
    };
    let last = ("d25".to_owned(), json!({"type": "string"}));
    let defs: serde_json::Map<String, Value> = (0..25).map(level).chain([last]).collect();
    json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs})
}

fn tool(name: &str, schema: &Value) -> Tool {
    let tool = json!({"name": name, "inputSchema": schema, "outputSchema": schema});
    serde_json::from_value(tool).unwrap()
}

fn plain(name: &str) -> Tool {
    tool(
        name,
        &json!({"type": "object", "properties": {"q": {"type": "string"}}}),
    )
}

fn heavy_and_plain() -> Vec<Tool> {
    let dag = dag();
    let heavy = (0..300).map(|at| tool(&format!("heavy{at}"), &dag));
    let plain = (0..50).map(|at| plain(&format!("plain{at}")));
    heavy.chain(plain).collect()
}

#[test]
fn tools_that_are_too_large_together_fall_out_and_those_after_them_come_out() {
    let tools = heavy_and_plain();
    let made = package("server", &tools, Flavour::Sync).unwrap();
    let plain = |name: &&str| name.starts_with("plain");
    let names: Vec<&str> = made.functions.iter().map(|one| one.tool).collect();
    assert_eq!(names.iter().copied().filter(|name| plain(name)).count(), 50);
    assert!(names.contains(&"heavy0") && !names.contains(&"heavy299"));
    assert_eq!(names.len() + made.refused.len(), 350);
    let last = made.refused.last().unwrap();
    assert_eq!(last.tool, "heavy299");
    assert!(
        last.reason
            .ends_with("than the other tools of its server leave"),
        "{last}"
    );
    let said = format!("// {} tools are left out", made.refused.len());
    assert!(made.wit.contains(&said), "{said}");
}

#[test]
fn the_same_catalog_gives_the_same_package_each_time() {
    let tools = heavy_and_plain();
    let one = render("server", &tools, |_| true, Flavour::Sync).unwrap();
    let two = render("server", &tools, |_| true, Flavour::Sync).unwrap();
    assert_eq!(one.wit, two.wit);
    assert_eq!(one.refused, two.refused);
}

#[test]
fn what_came_out_together_fits_in_any_order_where_nothing_is_kept_back() {
    let tools = heavy_and_plain();
    let made = render("server", &tools, |_| true, Flavour::Sync).unwrap();
    let mut budget = Budget::all_or_nothing();
    for function in made.functions.iter().rev() {
        let tool = tools
            .iter()
            .find(|tool| tool.name == function.tool)
            .unwrap();
        assert_eq!(budget.function(&function.label, tool).unwrap(), *function);
    }
}

#[test]
fn work_that_came_to_nothing_is_counted() {
    let heavy = tool("heavy", &dag());
    let mut budget = Budget::all_or_nothing();
    let mut came_out = 0;
    while budget.function("heavy", &heavy).is_ok() {
        came_out += 1;
    }
    assert!(came_out > 1, "{came_out}");
    let before = budget.left.work;
    assert!(budget.function("heavy", &heavy).is_err());
    assert!(budget.left.work < before);
    // In the end nothing is left, and even the smallest tool is too large.
    while budget.left.work > 0 {
        assert!(budget.function("heavy", &heavy).is_err());
    }
    assert!(budget.function("plain", &plain("plain")).is_err());
}

#[test]
fn ten_thousand_plain_tools_come_out_all() {
    let properties = json!({
        "repository": {"type": "string", "description": "Owner and name."},
        "perPage": {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
        "include_closed": {"type": "boolean", "description": "Closed ones as well."},
        "labels": {"type": "array", "items": {"type": "string"}},
        "sort": {"type": "string", "enum": ["created", "updated", "comments"]},
    });
    let schema = json!({"type": "object", "properties": properties, "required": ["repository"]});
    let mut tool: Tool = serde_json::from_value(json!({
        "name": "",
        "description": "Searches the issues of a repository.",
        "inputSchema": schema,
    }))
    .unwrap();
    let mut budget = Budget::of(10_000);
    for at in 0..10_000 {
        tool.name = format!("search_issues_{at}");
        let label = format!("search-issues-{at}");
        assert!(budget.function(&label, &tool).is_ok(), "{at}: {budget:?}");
    }
}

/// The text of a package is never longer than what its tools were counted for.
#[test]
fn no_function_is_written_longer_than_it_was_counted() {
    let texts = [
        "a\nb\n\u{2028}c\r\n".repeat(40),
        "plain".to_owned(),
        "\u{1b}\u{202e}".repeat(60),
        "é—x\n".repeat(30),
    ];
    let schemas = texts.iter().map(|text| {
        let wires: serde_json::Map<String, Value> = (0..4)
            .map(|at| {
                let value = json!({"description": text, "type": ["string", "null", "integer", "boolean"]});
                (format!("{text}{at}"), value)
            })
            .collect();
        json!({
            "type": "object",
            "description": text,
            "properties": {
                "enum": {"enum": [text, "x", "Y", "-"]},
                "inner": {"type": "object", "properties": wires, "additionalProperties": {"type": "number"}},
                "list": {"type": "array", "items": {"type": "array", "prefixItems": [{}, {"type": "string"}]}},
                "choice": {"oneOf": [
                    {"type": "object", "properties": {"kind": {"const": text}, "inner": {"type": "object", "properties": wires}}, "required": ["kind"]},
                    {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]},
                ]},
            },
        })
    });
    let schemas: Vec<Value> = schemas.chain([dag()]).collect();
    let tools: Vec<Tool> = (schemas.iter().enumerate())
        .map(|(at, schema)| {
            let mut tool = tool(&format!("tool{at}"), schema);
            tool.title = texts.get(at).cloned();
            tool.description = texts.get(at).map(|text| text.repeat(400));
            tool.annotations.read_only_hint = Some(false);
            tool.annotations.open_world_hint = Some(true);
            tool
        })
        .collect();
    let empty = render("server", &[], |_| true, Flavour::Async)
        .unwrap()
        .wit
        .len();
    for tool in &tools {
        let one = std::slice::from_ref(tool);
        let made = package("server", one, Flavour::Async).unwrap();
        let counted = size(&made.functions[0], tool).text;
        // The import line is the package's own.
        let written =
            made.wit.len() - empty - "  use mcp:tools/types@0.1.0.{json, tool-error};\n".len();
        assert!(written <= counted, "{}: {written} of {counted}", tool.name);
    }
}

#[test]
fn a_catalog_read_from_text_is_within_the_budget_too() {
    let text = json!({"tools": [{"name": "a", "inputSchema": dag()}]}).to_string();
    let catalog = Catalog::parse(&text).unwrap();
    let function = Budget::of(1).function("a", &catalog.tools[0]).unwrap();
    assert_eq!(function, crate::function("a", &catalog.tools[0]).unwrap());
    // What is lost is counted, where it is too much to list.
    let last = function.losses.last().unwrap();
    assert_eq!(last.at, "/inputSchema");
    assert!(
        last.why.contains(" more parts are not wholly expressed; "),
        "{}",
        last.why
    );
    assert!(last.why.ends_with(" of them are `json`"), "{}", last.why);
}
