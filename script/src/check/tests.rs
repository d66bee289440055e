//! Literal arguments, and the errors about them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};

use super::{Work, arguments};
use crate::read;

/// The faults of the first call in a source, as `line:column severity message (hint)`.
fn faults(source: &str, schema: &Value) -> Vec<String> {
    let script = read(
        "script.ts",
        &format!("import {{ f }} from \"mcp:t\";\n{source}"),
    )
    .unwrap();
    let call = &script.manifest().tools[0].calls[0];
    let shown = arguments(call, schema, &Work::default())
        .into_iter()
        .map(|fault| {
            let severity = format!("{:?}", fault.severity).to_lowercase();
            let hint = fault
                .hint
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            format!(
                "{}:{} {severity} {}{hint}",
                fault.at.line, fault.at.column, fault.message
            )
        });
    shown.collect()
}

fn issue() -> Value {
    json!({
        "type": "object",
        "properties": {
            "owner": { "type": "string" },
            "number": { "type": "integer", "minimum": 1 },
            "state": { "enum": ["open", "closed"] },
            "labels": { "type": "array", "items": { "type": "string" } },
            "since": { "type": ["string", "null"] },
            "sort": { "anyOf": [{ "$ref": "#/$defs/sort" }, { "type": "null" }] },
        },
        "required": ["owner", "number"],
        "additionalProperties": false,
        "$defs": {
            "sort": {
                "type": "object",
                "properties": { "by": { "const": "date" } },
                "required": ["by"],
            },
        },
    })
}

#[test]
fn right_arguments_have_no_faults() {
    for source in [
        "f({ owner: 'o', number: 1, state: 'open', labels: ['a'], since: null, sort: null });",
        "f({ owner: `o${1}`, number: 2.0, sort: { by: 'date', more: 1 }, state: undefined });",
        "f({ ...rest }); let rest = {};",
        "f({ owner: input.owner, number: input.n, [input.k]: 1 });",
        "f(input);",
        "f({ owner: 1, owner: 'o', number: 1 });",
    ] {
        assert_eq!(faults(source, &issue()), [""; 0], "{source}");
    }
}

#[test]
fn what_the_server_would_refuse_is_an_error_at_its_place() {
    assert_eq!(
        faults("f();", &issue()),
        ["2:1 error the arguments lack \"owner\", \"number\""]
    );
    assert_eq!(
        faults("f({ owner: 'o' });", &issue()),
        ["2:3 error the arguments lack \"number\""]
    );
    assert_eq!(
        faults("f('o');", &issue()),
        ["2:3 error the arguments of a tool are one object (write { name: value })"]
    );
    assert_eq!(
        faults("f({ owner: 1, number: '1', labels: ['a', 2] });", &issue()),
        [
            "2:12 error \"owner\" has to be a string, and is an integer",
            "2:23 error \"number\" has to be an integer, and is a string",
            "2:42 error \"labels[1]\" has to be a string, and is an integer",
        ]
    );
    assert_eq!(
        faults(
            "f({ owner: 'o', number: 0, state: 'opened', since: 1 });",
            &issue()
        ),
        [
            "2:25 error \"number\" has to be at least 1, and is 0",
            "2:35 error \"state\" cannot be \"opened\" (did you mean \"open\")",
            "2:52 error \"since\" has to be a string or null, and is an integer",
        ]
    );
}

#[test]
fn an_unknown_argument_has_the_nearest_name() {
    assert_eq!(
        faults("f({ owner: 'o', nubmer: 1 });", &issue()),
        [
            "2:17 error there is no argument \"nubmer\" (did you mean number)",
            "2:3 error the arguments lack \"number\" (\"nubmer\" is no argument: did you mean \"number\")",
        ]
    );
    assert_eq!(
        faults("f({ owner: 'o', number: 1, zzz: 1 });", &issue()),
        [
            "2:28 error there is no argument \"zzz\" (there is owner, number, state, labels, since, sort)"
        ]
    );
}

#[test]
fn an_unknown_argument_of_an_open_schema_is_a_warning_where_a_name_is_near() {
    let open = json!({ "type": "object", "properties": { "query": {}, "limit": {} } });
    assert_eq!(
        faults("f({ qurey: 'a', other: 1, limits: 2, limit: 3 });", &open),
        ["2:5 warning there is no argument \"qurey\" (did you mean query)"]
    );
    let parts =
        json!({ "properties": { "query": {} }, "allOf": [{ "properties": { "queries": {} } }] });
    assert_eq!(faults("f({ queries: 'a' });", &parts), [""; 0]);
}

#[test]
fn a_branch_that_comes_nearest_says_what_is_wrong() {
    assert_eq!(
        faults(
            "f({ owner: 'o', number: 1, sort: { by: 'name' } });",
            &issue()
        ),
        ["2:40 error \"sort.by\" cannot be \"name\" (it can be \"date\")"]
    );
    assert_eq!(
        faults("f({ owner: 'o', number: 1, sort: 3 });", &issue()),
        ["2:34 error \"sort\" has to be an object, and is an integer"]
    );
}

#[test]
fn a_schema_that_is_not_understood_allows_everything() {
    for schema in [
        json!(true),
        json!({ "$ref": "https://example.com/schema" }),
        json!({ "$ref": "#/$defs/none" }),
        json!({ "$ref": "#" }),
        json!({ "type": "anything", "properties": 3, "required": "owner", "enum": {}, "anyOf": 1 }),
        json!({ "properties": { "a": { "allOf": [{ "$ref": "#/properties/a" }] } } }),
    ] {
        assert_eq!(faults("f({ a: 1 });", &schema), [""; 0], "{schema}");
    }
}

#[test]
fn many_literals_against_many_branches_are_compared_in_part() {
    let branch = |n: usize| json!({ "properties": { "k": { "const": n } }, "required": ["k"] });
    let branches: Vec<_> = (0..2_000).map(branch).collect();
    let schema = json!({ "properties": { "x": { "items": { "oneOf": branches } } } });
    let items = "{k:1999},".repeat(20_000);
    let source = format!("import {{ a }} from 'mcp:b';\nexport default await a({{x:[{items}]}});");
    let script = read("script.ts", &source).unwrap();
    let work = Work::default();
    let call = &script.manifest().tools[0].calls[0];
    assert_eq!(arguments(call, &schema, &work).len(), 0);
    assert!(!work.spend(1));
}
