//! Hostile schemas (`docs/threats.md`): bounded time and memory, nothing fetched, and the other tools of the server
//! still there.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it could not measure"
)]

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use mcp_codegen::{Catalog, Flavour, declarations, package};
use serde_json::{Value, json};

const LONGEST: Duration = Duration::from_secs(1);
const LARGEST_KIB: u64 = 64 * 1024;

/// Schemas as text, because some nest deeper than a JSON value may; made one by one, because memory is measured.
const SCHEMAS: [Hostile; 25] = [
    ("ten thousand refs in a chain", || {
        let chain = (0..10_000).map(|at| {
            (
                format!("d{at}"),
                json!({"$ref": format!("#/$defs/d{}", at + 1)}),
            )
        });
        let defs: Object = chain
            .chain([("d10000".to_owned(), json!({"type": "string"}))])
            .collect();
        json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs})
            .to_string()
    }),
    ("ten thousand refs to one schema", || {
        repeated(
            10_000,
            &json!({"type": "object", "properties": {"x": {"enum": ["a"]}}}),
        )
    }),
    ("a ref to itself", || json!({"$ref": "#"}).to_string()),
    ("an empty ref", || {
        json!({"type": "object", "properties": {"a": {"$ref": ""}}}).to_string()
    }),
    ("a cycle of three refs", || {
        let defs = json!({"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/c"}, "c": {"$ref": "#/$defs/a"}});
        json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": defs})
            .to_string()
    }),
    ("allOf doubling", || {
        doubling(
            30,
            |next| json!({"allOf": [{"$ref": next}, {"$ref": next}]}),
        )
    }),
    ("anyOf doubling", || {
        doubling(
            30,
            |next| json!({"anyOf": [{"$ref": next}, {"$ref": next}]}),
        )
    }),
    ("oneOf doubling with different siblings", || {
        doubling(
            30,
            |next| json!({"oneOf": [{"$ref": next}, {"$ref": next, "properties": {"y": {"type": "string"}}}]}),
        )
    }),
    ("properties doubling", || {
        doubling(
            30,
            |next| json!({"properties": {"l": {"$ref": next}, "r": {"$ref": next}}}),
        )
    }),
    ("properties tenfold", || {
        doubling(12, |next| {
            let ten: Object = (0..10)
                .map(|at| (format!("p{at}"), json!({"$ref": next})))
                .collect();
            json!({"properties": ten})
        })
    }),
    ("a depth of fifty", || deep(50)),
    ("a depth of ten thousand", || deep(10_000)),
    ("anyOf nested sixty deep", || {
        format!(
            "{}{}{}",
            r#"{"anyOf":[{"type":"string"},"#.repeat(60),
            "{}",
            "]}".repeat(60)
        )
    }),
    ("a hundred thousand properties", || {
        let all: Object = (0..100_000)
            .map(|at| (format!("p{at}"), json!({})))
            .collect();
        json!({"type": "object", "properties": all}).to_string()
    }),
    ("a hundred thousand required properties", || {
        let all: Vec<String> = (0..100_000).map(|at| format!("p{at}")).collect();
        json!({"type": "object", "required": all}).to_string()
    }),
    ("two enums of a hundred thousand values", || {
        let all: Vec<String> = (0..100_000).map(|at| format!("value {at}")).collect();
        json!({"type": "object", "properties": {"a": {"allOf": [{"enum": all}, {"enum": all}]}}})
            .to_string()
    }),
    ("a thousand uses of a large enum", || {
        let all: Vec<String> = (0..2_000).map(|at| format!("value {at}")).collect();
        repeated(1_000, &json!({"enum": all}))
    }),
    ("ten thousand alternatives", || {
        let all: Vec<Value> = (0..10_000).map(|at| json!({"const": at})).collect();
        json!({"type": "object", "properties": {"a": {"oneOf": all}}}).to_string()
    }),
    ("sixty alternatives of nine hundred properties", || {
        let arm = |at: usize| {
            let keys: Vec<String> = (0..900)
                .map(|key| format!("k{key}"))
                .chain([format!("own{at}")])
                .collect();
            let known: Object = keys
                .iter()
                .map(|key| (key.clone(), json!({"type": "string"})))
                .collect();
            json!({"type": "object", "properties": known, "required": keys})
        };
        let arms: Vec<Value> = (0..60).map(arm).collect();
        json!({"type": "object", "properties": {"a": {"oneOf": arms}}}).to_string()
    }),
    ("a thousand times a thousand combinations", || {
        let choice =
            |at: usize| json!({"anyOf": [{"const": at}, {"type": "string", "minimum": at}]});
        repeated(
            1_000,
            &json!({"allOf": (0..10).map(choice).collect::<Vec<_>>()}),
        )
    }),
    ("a description of a megabyte, everywhere", || {
        repeated(
            5_000,
            &json!({"type": "string", "description": "x ".repeat(500_000)}),
        )
    }),
    ("a default of a megabyte, everywhere", || {
        repeated(
            5_000,
            &json!({"type": "array", "items": {}, "default": ["x".repeat(1_000_000)]}),
        )
    }),
    ("a property name of a megabyte, everywhere", || {
        repeated(
            2_000,
            &json!({"type": "object", "properties": {"x".repeat(1_000_000): {}}}),
        )
    }),
    ("patterns that backtrack", || {
        let (a, b) = (
            json!({"type": "string", "pattern": "(a+)+$"}),
            json!({"type": "string", "pattern": "a{0,4294967295}"}),
        );
        json!({"type": "object", "properties": {"a": a, "b": b}}).to_string()
    }),
    ("nine hundred types with one name", || {
        let other = |at: usize| json!({"type": "object", "properties": {format!("p{at}"): {"type": "string"}}});
        let outer = |at| {
            (
                format!("o{at}"),
                json!({"type": "object", "properties": {"same": other(at)}}),
            )
        };
        json!({"type": "object", "properties": (0..900).map(outer).collect::<Object>()}).to_string()
    }),
];

/// What it is, and the schema.
type Hostile = (&'static str, fn() -> String);

type Object = serde_json::Map<String, Value>;

/// Definitions that each use the next one twice.
fn doubling(levels: usize, twice: fn(String) -> Value) -> String {
    let last = json!({"type": "object", "properties": {"x": {"type": "string"}}});
    let defs: Object = (0..levels)
        .map(|at| (format!("d{at}"), twice(format!("#/$defs/d{}", at + 1))))
        .chain([(format!("d{levels}"), last)])
        .collect();
    json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs})
        .to_string()
}

/// So many properties that are one definition, five hundred to an object, because more than a thousand have no types.
fn repeated(count: usize, definition: &Value) -> String {
    let uses: Vec<String> = (0..count).map(|at| format!("p{at}")).collect();
    let object = |(at, uses): (usize, &[String])| {
        let properties: Object = uses
            .iter()
            .map(|name| (name.clone(), json!({"$ref": "#/$defs/d"})))
            .collect();
        (
            format!("o{at}"),
            json!({"type": "object", "properties": properties}),
        )
    };
    let objects: Object = uses.chunks(500).enumerate().map(object).collect();
    json!({"type": "object", "properties": objects, "$defs": {"d": definition}}).to_string()
}

fn deep(levels: usize) -> String {
    format!(
        "{}{}{}",
        r#"{"type":"object","properties":{"a":"#.repeat(levels),
        "{}",
        "}}".repeat(levels)
    )
}

#[test]
fn hostile_schemas_are_bounded_and_leave_the_others_alone() {
    // Each in a process of its own, because freed memory of one schema would hide what the next one takes.
    let this = std::env::current_exe().unwrap();
    for (name, _) in SCHEMAS {
        let out = Command::new(&this)
            .args(["--exact", "one_hostile_schema", "--ignored", "--nocapture"])
            .env("HOSTILE_SCHEMA", name)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        eprint!("{said}");
        assert!(
            out.status.success() && said.contains(name),
            "{name}: {said}{}",
            String::from_utf8_lossy(&out.stdout)
        );
    }
}

#[test]
#[ignore = "run by `hostile_schemas_are_bounded_and_leave_the_others_alone`, once for each schema"]
fn one_hostile_schema() {
    let name = std::env::var("HOSTILE_SCHEMA").unwrap();
    let (_, schema) = SCHEMAS.iter().find(|(other, _)| *other == name).unwrap();
    let tools = format!(
        r#"[{{"name": "hostile", "inputSchema": {}}}, {{"name": "good", "inputSchema": {{"type": "object"}}}}]"#,
        schema()
    );
    let catalog = Catalog::parse(&tools).unwrap();
    // The peak so far is that of making the schema; where it cannot be forgotten, the test is only stricter.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmRSS:");
    let start = Instant::now();
    let start_cpu = cpu_time();
    let made = package("server", &catalog.tools, Flavour::Sync)
        .unwrap_or_else(|error| panic!("{name}: {error:?}"));
    // Time of this thread on a core, where the system says it: machines are shared.
    let took = match (start_cpu, cpu_time()) {
        (Some(start), Some(end)) => end.saturating_sub(start),
        _ => start.elapsed(),
    };
    // The declarations for scripts, in a time of their own.
    let start = cpu_time();
    let declared = declarations("server", &catalog.tools, |_| true).unwrap();
    let declaring = start
        .zip(cpu_time())
        .map_or(Duration::ZERO, |(start, end)| end.saturating_sub(start));
    let bytes = declared.text.len();
    let grown = memory("VmHWM:")
        .zip(before)
        .map(|(peak, before)| peak.saturating_sub(before));
    let losses: usize = made
        .functions
        .iter()
        .map(|function| function.losses.len())
        .sum();
    eprintln!(
        "{name}: {took:?}, {grown:?} KiB, {losses} losses; declared in {declaring:?}, {bytes} B"
    );
    assert!(
        took < LONGEST && declaring < LONGEST,
        "{name}: {took:?} {declaring:?}"
    );
    assert!(
        grown.is_none_or(|grown| grown < LARGEST_KIB),
        "{name}: {grown:?} KiB"
    );
    assert!(
        made.functions
            .iter()
            .any(|function| function.label == "good")
            && declared.text.contains("function good("),
        "{name}"
    );
}

/// How long this thread was on a core; `None` where the system does not say.
fn cpu_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// A figure of the process in KiB; `None` where the system does not say.
fn memory(figure: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(figure))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_schema_that_is_too_deep_for_the_parser_is_refused_alone() {
    let deep = format!(
        "{}{}{}",
        r#"{"properties":{"a":"#.repeat(10_000),
        "{}",
        "}}".repeat(10_000)
    );
    let text = format!(r#"[{{"name": "deep", "inputSchema": {deep}}}, {{"name": "good"}}]"#);
    let catalog = Catalog::parse(&text).unwrap();
    assert_eq!(catalog.refused.len(), 1);
    assert_eq!(catalog.refused[0].tool, "deep");
    assert!(
        catalog.refused[0].reason.contains("recursion limit"),
        "{}",
        catalog.refused[0]
    );
    assert_eq!(catalog.tools[0].name, "good");
}

#[test]
fn remote_references_are_never_fetched() {
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let address = canary.local_addr().unwrap();
    let schema = json!({"$schema": format!("http://{address}/schema"), "type": "object", "properties": {
        "a": {"$ref": format!("http://{address}/a.json")},
        "b": {"$ref": format!("//{address}/b.json#/x")},
        "c": {"$ref": "file:///etc/passwd"},
        "d": {"$ref": "../../etc/passwd#/a"},
        "e": {"$dynamicRef": format!("http://{address}/e.json")},
    }});
    let text = json!([{"name": "a", "inputSchema": schema}]).to_string();
    let catalog = Catalog::parse(&text).unwrap();
    let made = package("server", &catalog.tools, Flavour::Sync).unwrap();
    assert_eq!(made.functions[0].losses.len(), 5);
    assert!(
        matches!(canary.accept(), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    );
}
