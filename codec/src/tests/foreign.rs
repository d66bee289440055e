//! Components whose interfaces no generator wrote: refused with the place, in a message of bounded length.

use serde_json::json;

use super::component::{build_wit, tool};
use super::drift::text;

#[test]
fn interfaces_that_no_generator_wrote_do_not_link() {
    let wit = |function: &str| {
        format!(
            "package mcp-server:s;\ninterface tools {{\n use mcp:tools/types@0.1.0.{{tool-error, tool-result}};\n {function};\n}}\n\
             world imports {{ import tools; }}\n"
        )
    };
    let live = tool(
        "t",
        json!({"type": "object", "properties": {"a": {"type": "number"}}}),
        None,
    );
    for (function, error) in [
        (
            "t: func(a: f64, b: f64) -> result<tool-result, tool-error>",
            "params: more than one parameter -> one `params` record",
        ),
        (
            "t: func(a: f64) -> result<tool-result, tool-error>",
            "params: f64 -> record { a: option<f64> }",
        ),
        (
            "t: func() -> tool-result",
            "result: record { structured: option<string>, content: list<",
        ),
        ("t: func()", "result: (nothing) -> result<_, tool-error>"),
        (
            "t: func() -> result<tool-result, string>",
            "error: string -> mcp:tools/types@0.1.0.tool-error",
        ),
        (
            "t: func() -> result<tool-result>",
            "error: _ -> mcp:tools/types@0.1.0.tool-error",
        ),
        (
            "t: func() -> result<_, tool-error>",
            "result: _ -> tool-result",
        ),
        (
            "record p { a: option<f32> }\n t: func(params: p) -> result<tool-result, tool-error>",
            "params.a: f32 -> f64",
        ),
    ] {
        let mismatch = text(build_wit(&wit(function)).link("t", &live).unwrap_err());
        assert!(mismatch.starts_with(error), "{function}: {mismatch}");
    }
}

#[test]
fn type_of_a_hostile_component_is_shown_shortened() {
    let fields: String = (0..500)
        .map(|at| format!("a{at}: list<list<list<list<list<list<string>>>>>>, "))
        .collect();
    let wit = format!(
        "package mcp-server:s;\ninterface tools {{\n use mcp:tools/types@0.1.0.{{tool-error, tool-result}};\n\
         record r {{ {fields} }}\n t: func(params: r) -> result<r, tool-error>;\n}}\nworld imports {{ import tools; }}\n"
    );
    let live = tool("t", json!({"type": "object"}), None);
    let mismatch = build_wit(&wit).link("t", &live).unwrap_err();
    assert!(mismatch.built.ends_with('…'), "{}", mismatch.built);
    assert!(mismatch.built.len() < 450, "{}", mismatch.built.len());
}
