//! Reads of answers, and the warnings about them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};

use super::answers;
use crate::read;

/// The warnings about reads of one tool, as `line:column message (hint)`, and those of the text alone.
fn warnings(source: &str, schema: &Value) -> Vec<String> {
    let script = read(
        "script.ts",
        &format!("import {{ list }} from \"mcp:t\";\n{source}"),
    )
    .unwrap();
    let tool = &script.manifest().tools[0];
    let found = answers(&tool.reads, &tool.name, schema);
    let of_text = script
        .warnings()
        .iter()
        .filter(|one| one.code.name() == "unknown_property");
    let shown = of_text.chain(&found).map(|one| {
        let hint = one.hint.as_deref().map(|hint| format!(" ({hint})"));
        let (line, column) = (one.at.line, one.at.column);
        format!(
            "{line}:{column} {}{}",
            one.message,
            hint.unwrap_or_default()
        )
    });
    shown.collect()
}

fn page() -> Value {
    json!({
        "type": "object",
        "properties": {
            "commits": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "sha": { "type": "string" },
                        "author": { "$ref": "#/$defs/person" },
                        "parents": { "type": "array", "items": { "type": "string" } },
                    },
                    "required": ["sha"],
                    "additionalProperties": false,
                },
            },
            "next": { "type": ["string", "null"] },
            "stats": { "type": "object", "additionalProperties": { "type": "integer" } },
            "total": { "type": "integer" },
        },
        "required": ["commits"],
        "additionalProperties": false,
        "$defs": {
            "person": {
                "anyOf": [
                    { "type": "object", "properties": { "name": {} }, "additionalProperties": false },
                    { "type": "object", "properties": { "login": {} }, "additionalProperties": false },
                    { "type": "null" },
                ],
            },
        },
    })
}

fn sees(source: &str, wanted: &[&str]) {
    assert_eq!(warnings(source, &page()), wanted, "{source}");
}

#[test]
fn attachments_of_an_answer_are_no_property_of_its_schema() {
    let reads = "const got = await list({}); const shot = got.attachments[0].handle; got.comits; export default shot";
    assert_eq!(
        warnings(reads, &page()),
        [r#"2:73 the answer of "list" has no property "comits" (did you mean commits)"#]
    );
}

#[test]
fn a_property_that_the_answer_lacks_is_said_with_its_place_and_the_nearest_name() {
    sees(
        "const page = await list({});\npage.comits;",
        &[r#"3:6 the answer of "list" has no property "comits" (did you mean commits)"#],
    );
    sees(
        "const { commits, zzz } = await list({}); commits;",
        &[
            r#"2:18 the answer of "list" has no property "zzz" (there is commits, next, stats, total)"#,
        ],
    );
    sees(
        "(await list({}))['totl'];",
        &[r#"2:18 the answer of "list" has no property "totl" (did you mean total)"#],
    );
}

#[test]
fn elements_are_followed_through_loops_methods_and_functions() {
    let wanted = |at: &str| {
        format!(r#"{at} the answer of "list" has no property "commits[].shaa" (did you mean sha)"#)
    };
    for (source, at) in [
        (
            "const p = await list({});\nfor (const c of p.commits) c.shaa;",
            "3:30",
        ),
        (
            "const p = await list({});\nfor (const { shaa } of p.commits) shaa;",
            "3:14",
        ),
        (
            "const { commits: c } = await list({});\nc.map((x) => x.shaa);",
            "3:16",
        ),
        (
            "const { commits: c = [] } = await list({});\nc[0]?.shaa;",
            "3:7",
        ),
        (
            "const c = (await list({})).commits ?? [];\nc.filter((x) => x.sha).sort((a, b) => a.shaa - b.sha);",
            "3:41",
        ),
        (
            "const c = (await list({})).commits;\nc.find((x) => x.sha)!.shaa;",
            "3:23",
        ),
        (
            "const c = (await list({})).commits;\n[...c].reduce((n, { shaa }) => n + shaa, 0);",
            "3:21",
        ),
        (
            "async function load() { const p = await list({}); return p.commits; }\nconst [c] = await load();\nc.shaa;",
            "4:3",
        ),
        (
            "const load = async () => (await list({})).commits;\nfor (const c of await load()) c.shaa;",
            "3:33",
        ),
        (
            "const [, p] = await Promise.all([1, list({})]);\np.commits.forEach((c) => c.shaa);",
            "3:28",
        ),
        (
            "const all = await Promise.all([1].map((n) => list({ n })));\nfor (const p of all) p.commits[0].shaa;",
            "3:35",
        ),
        (
            "const all = await Promise.all([1].map(async (n) => { const p = await list({ n }); return p; }));\nall[0].commits.map((c) => c.shaa);",
            "3:29",
        ),
        (
            "const c = await list({}).then((p) => p.commits);\nc[0].shaa;",
            "3:6",
        ),
    ] {
        assert_eq!(warnings(source, &page()), [wanted(at)], "{source}");
    }
}

#[test]
fn a_value_of_another_kind_is_named() {
    sees(
        "const page = await list({});\npage.commits.sha;",
        &[
            r#"3:14 the answer of "list" has no property "commits.sha" ("commits" is an array: read it of an element, as in list[0] or in list.map((item) => ..))"#,
        ],
    );
    sees(
        "const page = await list({});\npage.commits[0].sha.value + page.total.count;",
        &[
            r#"3:21 the answer of "list" has no property "commits[].sha.value" ("commits[].sha" is a string)"#,
            r#"3:40 the answer of "list" has no property "total.count" ("total" is an integer)"#,
        ],
    );
    sees(
        "const all = await list({});\nall.map((one) => one.sha);",
        &[
            r#"3:5 the answer of "list" has no property "map" (there is commits, next, stats, total)"#,
        ],
    );
}

#[test]
fn a_property_of_a_promise_is_one_that_was_not_awaited() {
    let wanted = |at: &str| {
        format!(
            r#"{at} "commits" is read of a promise, which does not have it (await the call first: (await tool(..)).property)"#
        )
    };
    for (source, at) in [
        ("list({}).commits;", "2:10"),
        (
            "const page = list({});\npage.commits.map((c) => c.sha);",
            "3:6",
        ),
        ("const { commits } = list({}); commits;", "2:9"),
    ] {
        assert_eq!(warnings(source, &page()), [wanted(at)], "{source}");
    }
    sees(
        "list({}).then((p) => p.commits).catch(() => null).finally(() => 1);",
        &[],
    );
}

#[test]
fn what_is_right_or_not_certain_has_no_warning() {
    for source in [
        // All of it is there.
        "const p = await list({}); p.commits.length; p.next?.length; p.total.toFixed(2); p.toString();",
        "const p = await list({}); p.commits[0].sha.slice(0, 7).padEnd(9); p.commits.at(-1)?.parents.join();",
        // One of the alternatives has it.
        "const p = await list({}); p.commits[0].author.name; p.commits[0].author?.login;",
        // A map has every name.
        "const p = await list({}); p.stats.anything; p.stats.other.toFixed();",
        // The script writes it, or asks whether it is there.
        "const p = await list({}); p.extra = 1; p.extra;",
        "const p = await list({}); if (p.items) p.items.map((x) => x.y);",
        "const p = await list({}); (p.items ?? p.results ?? p.commits).map((x) => x.y);",
        "const p = await list({}); 'items' in p && p.items; typeof p.other === 'string';",
        "const p = await list({}); p.items === undefined || p.items;",
        "const p = await list({}); if (Array.isArray(p)) p.map((x) => x.y); else p.items;",
        "const p = await list({}); const c = typeof p === 'string' ? JSON.parse(p) : p; c.items;",
        // The answer is not all that the name can hold.
        "let p = await list({}); p = { items: [] }; p.items;",
        "const p = (await list({})) ?? input; p.items;",
        "const p = input.x ? await list({}) : { items: [] }; p.items;",
        "const p = Object.assign(await list({}), { items: [] }); p.items;",
        "const p = await list({}); Object.assign(p, input); p.items;",
        "const p = await list({}); add(p, 'items'); p.items; function add(o, k) { o[k] = 1; }",
        "const p = { ...(await list({})), items: 1 }; p.items;",
        "function f() { if (input) return { items: 1 }; return list({}); } (await f()).items;",
        "const c = (await list({})).commits.map((x) => ({ id: x.sha })); c[0].id;",
        "const r = await Promise.allSettled([list({})]); r[0].status; r[0].value;",
        "const r = [await list({}), { items: 1 }]; for (const x of r) x.items;",
        "const p = await list({}).catch(() => ({ items: [] })); p.items;",
        "const { ...rest } = await list({}); rest.items;",
        "const p: any = await list({}); { const p = { items: 1 }; p.items; }",
    ] {
        sees(source, &[]);
    }
}

#[test]
fn an_object_that_does_not_say_whether_there_is_more_has_warnings_for_slips_only() {
    let open = |more: Value| {
        let mut schema = json!({
            "type": "object",
            "properties": { "result": { "type": "string" } },
        });
        schema
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        schema
    };
    let source = "const p = await list({}); p.reslt; p.other; p.split('x');";
    assert_eq!(
        warnings(source, &open(json!({}))),
        [
            r#"2:29 the answer of "list" has no property "reslt" (did you mean result)"#,
            r#"2:47 the answer of "list" has no property "split" (there is result)"#,
        ]
    );
    let wrapped = warnings(source, &open(json!({ "x-fastmcp-wrap-result": true })));
    assert_eq!(wrapped.len(), 3, "{wrapped:?}");
    for more in [
        json!({ "additionalProperties": true }),
        json!({ "additionalProperties": {} }),
        json!({ "patternProperties": { "^r": {} } }),
        json!({ "allOf": [{ "properties": { "reslt": {} } }] }),
        json!({ "anyOf": [{ "properties": { "reslt": {} } }] }),
        json!({ "type": "list" }),
    ] {
        assert_eq!(warnings(source, &open(more.clone())), [""; 0], "{more}");
    }
}

#[test]
fn a_schema_without_end_takes_bounded_work() {
    let mut branches = json!({ "type": "object", "properties": { "a": {} } });
    for _ in 0..40 {
        branches = json!({ "anyOf": [branches.clone(), { "$ref": "#" }] });
    }
    assert_eq!(warnings("(await list({})).aa.b;", &branches), [""; 0]);
    let itself = json!({ "$ref": "#" });
    assert_eq!(warnings("(await list({})).a;", &itself), [""; 0]);
}

#[test]
fn a_script_that_calls_itself_or_nests_is_followed_to_an_end() {
    sees(
        "async function f() { const p = await list({}); return f() ?? p; } (await f()).x;",
        &[],
    );
    let mut node = page();
    node["properties"]["stats"] = json!({ "$ref": "#" });
    let deep = format!("(await list({{}})){}.x;", ".stats".repeat(400));
    assert_eq!(warnings(&deep, &node), [""; 0]);
    assert_eq!(warnings("(await list({})).stats.stats.x;", &node).len(), 1);
    let maps = format!(
        "const f = () => {}list({{}}){}; (await f()).x;",
        "[1].map(() => ".repeat(40),
        ")".repeat(40)
    );
    sees(&maps, &[]);
}
