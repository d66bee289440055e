//! No description breaks out of its comment (`docs/threats.md`): the items of a package are the same without any.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;

use mcp_codegen::{Catalog, Flavour, package};
use serde_json::{Value, json};
use wit_parser::TypeDefKind;

/// Everything that `wit-parser` sees of a package, without its documentation.
fn items(wit: &str) -> String {
    let mut out = String::new();
    let mut resolve = wit_parser::Resolve::default();
    for (path, text) in mcp_codegen::contract::FILES
        .into_iter()
        .filter(|(path, _)| *path == "types.wit")
    {
        resolve.push_source(path, text).unwrap();
    }
    let id = resolve.push_source("tools.wit", wit).unwrap();
    for (name, interface) in &resolve.packages[id].interfaces {
        writeln!(out, "interface {name}").unwrap();
        let interface = &resolve.interfaces[*interface];
        for (name, ty) in &interface.types {
            writeln!(out, "type {name} {}", members(&resolve.types[*ty].kind)).unwrap();
        }
        for (name, function) in &interface.functions {
            let params: Vec<_> = function
                .params
                .iter()
                .map(|param| (&param.name, param.ty))
                .collect();
            writeln!(
                out,
                "{name} {:?} {params:?} {:?}",
                function.kind, function.result
            )
            .unwrap();
        }
    }
    for (name, _) in &resolve.packages[id].worlds {
        writeln!(out, "world {name}").unwrap();
    }
    out
}

fn members(kind: &TypeDefKind) -> String {
    match kind {
        TypeDefKind::Record(record) => {
            format!(
                "{:?}",
                record
                    .fields
                    .iter()
                    .map(|field| (&field.name, field.ty))
                    .collect::<Vec<_>>()
            )
        }
        TypeDefKind::Variant(variant) => {
            format!(
                "{:?}",
                variant
                    .cases
                    .iter()
                    .map(|case| (&case.name, case.ty))
                    .collect::<Vec<_>>()
            )
        }
        TypeDefKind::Enum(cases) => format!(
            "{:?}",
            cases
                .cases
                .iter()
                .map(|case| &case.name)
                .collect::<Vec<_>>()
        ),
        other => format!("{other:?}"),
    }
}

/// Texts that end a comment or a text in some language, join two lines, or are no text.
const TRICKS: [&str; 44] = [
    "plain",
    "*/",
    "**//",
    "*\u{200b}/",
    "/*",
    "-->",
    "///",
    "/// x\n/// y",
    "}\n}\ninterface evil { x: func(); }",
    "\r}",
    "\u{2028}}\u{2029}}",
    "\u{85}}",
    "\u{b}}\u{c}}",
    "\"",
    "\"\"\"",
    "\"\"\"\"\"\"\"",
    "\"\u{200b}\"\u{0}\"",
    "\\\"\"\"",
    "x.\"\"\"\nraise SystemExit\n\"\"\"",
    "'''",
    "''\u{202e}'",
    "\\\"\n",
    "\\",
    "\\\\",
    "C:\\",
    "ends so \\\nint evil;",
    "ends so \\ \t\nint evil;",
    "ends so \\\u{200b}",
    "??/",
    "hello ??/ \nint evil;",
    "???/",
    "\\N{evil} \\u12 \\U1 \\x1",
    "{{template}} {{{x}}} ${x} `${x}`",
    "#}",
    "{@link evil}",
    "{\u{feff}@link evil}",
    "\u{202e}}\u{2066}",
    "\u{0}\u{1b}[31m",
    "@since(version = 1.0.0)",
    "\u{feff}",
    "\u{fffd}",
    "\n\n\n",
    "\\\n}",
    "a\u{149}",
];

/// A package of one tool, with this text in every place that a server can put text into.
fn describe(trick: Option<&str>) -> String {
    let tools = described(trick);
    let catalog = Catalog::parse(&tools).unwrap();
    package("server", &catalog.tools, Flavour::Sync)
        .unwrap()
        .wit
}

/// The `tools/list` answer of [`describe`].
fn described(trick: Option<&str>) -> String {
    let mut tool = json!({"name": "tool", "inputSchema": {"type": "object", "properties": {
        "a": {"type": "string"},
        "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"enum": ["x", "y"]}}}},
    }}, "outputSchema": {"type": "object", "properties": {"d": {"type": "integer"}}}});
    if let Some(trick) = trick {
        tool["title"] = json!(trick);
        tool["description"] = json!(trick);
        tool["annotations"] = json!({"title": trick});
        for schema in [
            "/inputSchema",
            "/inputSchema/properties/a",
            "/inputSchema/properties/b/items",
            "/inputSchema/properties/b",
            "/inputSchema/properties/b/items/properties/c",
            "/outputSchema",
            "/outputSchema/properties/d",
        ] {
            let schema = tool.pointer_mut(schema).unwrap();
            for keyword in [
                "title",
                "description",
                "$comment",
                "default",
                "pattern",
                "format",
                "contentEncoding",
                "contentMediaType",
            ] {
                schema[keyword] = json!(trick);
            }
        }
    }
    Value::Array(vec![tool]).to_string()
}

#[test]
fn the_items_are_the_same_with_all_descriptions_removed() {
    let plain = items(&describe(None));
    for trick in TRICKS {
        let wit = describe(Some(trick));
        assert_eq!(plain, items(&wit), "{trick:?}\n{wit}");
    }
    let all = TRICKS.concat();
    assert_eq!(plain, items(&describe(Some(&all))));
}

/// Toolchains put documentation into `/* */`, behind `//` and between `"""`, as it is.
#[test]
fn no_line_of_documentation_ends_a_comment_or_a_text_of_any_language() {
    for trick in TRICKS {
        // Alone, and as the end of other text.
        for trick in [
            trick.to_owned(),
            format!("see {trick}"),
            format!("{trick} x"),
        ] {
            let wit = describe(Some(&trick));
            for line in wit.lines() {
                let Some(line) = line.trim_start().strip_prefix("///") else {
                    continue;
                };
                for end in ["\"\"\"", "'''", "*/", "{@", "\\N", "\\u", "\\U", "\\x"] {
                    assert!(!line.contains(end), "{trick:?} gives {line:?} with {end:?}");
                }
                for end in ["\\", "??/"] {
                    assert!(!line.trim_end().ends_with(end), "{trick:?} gives {line:?}");
                }
            }
        }
    }
}

#[test]
fn harmless_text_stays_as_it_is() {
    for text in [
        r"C:\dir\name, `\n`, \d+ and \\server",
        "say \"yes\", 'no' or \"\", and ??/ inside",
        "glob: src/**, not https://x/*",
        "{\"a\": {}} ```json",
    ] {
        let wit = describe(Some(text));
        assert!(wit.contains(&format!("/// {text}\n")), "{wit}");
    }
}

#[test]
fn escaped_descriptions_stay_readable() {
    let wit = describe(Some(
        "a \"\"\"\"text''' */ **/*.rs {@link x} C:\\new\\Users\nC:\\\nreally??/",
    ));
    let changed = "  /// a \"\"”\"text''’ * / ** /*.rs { @link x} C:\\new∖Users\n  /// C:∖\n  /// really?? /\n";
    assert!(wit.contains(changed), "{wit}");
}

/// What this project writes itself for JavaScript and TypeScript: the comments of TypeScript go, and nothing with them.
#[test]
fn declarations_and_checks_are_the_same_with_all_descriptions_removed() {
    let made = |trick| {
        let mut resolve = wit_parser::Resolve::default();
        for (path, text) in mcp_codegen::contract::FILES {
            if path == "types.wit" {
                resolve.push_source(path, text).unwrap();
            }
        }
        let package = resolve.push_source("tools.wit", &describe(trick)).unwrap();
        let world = resolve.select_world(&[package], Some("imports")).unwrap();
        let entry = mcp_codegen::javascript::entry(&resolve, world, "../skill.js");
        let declared = mcp_codegen::typescript::declarations(&resolve, world);
        [without_comments(&declared), entry.types, entry.module]
    };
    let plain = made(None);
    for trick in TRICKS {
        assert_eq!(plain, made(Some(trick)), "{trick:?}");
    }
}

/// Text without `/* */`, as a program reads it, and without blank lines.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        rest = comment.split_once("*/").unwrap().1;
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}

/// A surrogate without its other half is no character. It costs itself, and not its tool.
#[test]
fn half_a_character_becomes_the_replacement_character() {
    let tools = r#"[{"name": "half", "description": "cut \ud800"}, {"name": "good"}]"#;
    let catalog = Catalog::parse(tools).unwrap();
    assert_eq!(catalog.refused, []);
    assert_eq!(
        catalog.tools[0].description.as_deref(),
        Some("cut \u{fffd}")
    );
    assert_eq!(catalog.tools[1].name, "good");
    assert_eq!(catalog.flaws.len(), 1);
}

/// Types are declared once where they look the same. What they look like must not come from their descriptions.
#[test]
fn a_description_does_not_make_two_different_types_one() {
    let tool = |name: &str, of: Value| {
        json!({"name": name, "inputSchema": {"type": "object", "properties": {
            "list": {"type": "array", "items": {"$ref": "#/$defs/thing"}},
        }, "$defs": {"thing": of}}})
    };
    let small = json!({"type": "object", "description": "A thing\n    a: string,",
        "properties": {"b": {"type": "string"}}, "required": ["b"]});
    let large = json!({"type": "object", "description": "A thing",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]});
    let tools = Value::Array(vec![tool("one", small), tool("two", large)]);
    let catalog = Catalog::parse(&tools.to_string()).unwrap();
    let package = package("server", &catalog.tools, Flavour::Sync).unwrap();
    let items = items(&package.wit);
    assert!(items.contains(r#"type thing [("b", String)]"#), "{items}");
    assert!(
        items.contains(r#"type two-thing [("a", String), ("b", String)]"#),
        "{items}"
    );
}
