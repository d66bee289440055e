//! Bytes -> what a guest hands over in calls of tools, by name, in batches and typed -> a run. Whatever it is: linear
//! memory and what the host allocates for the guest stay together under the memory of the run and a tenth, and the run
//! ends in time.
//!
//! The guest is compiled once and gets its work as input: a text of three parts, the middle one many times, and how
//! many strings, records and lists refer to it. So a few bytes say arguments of a megabyte, or a million small ones.
#![no_main]

mod budget;
mod component;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use budget::Budget;
use futures_util::future::{BoxFuture, ready};
use libfuzzer_sys::{Corpus, fuzz_target};
use mcp_bridge::{Answer, CallError, CallToolResult, ContentBlock, JsonObject, Tool};
use mcp_host::{
    Allocation, Catalog, Engine, Environment, Grants, Limits, Linked, Skill, ToolPattern,
    ToolServer, invoke, link,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

fuzz_target!(|bytes: &[u8]| -> Corpus { run(bytes).map_or(Corpus::Reject, |()| Corpus::Keep) });

/// The memory of a run, and how much of it the guest has from the beginning: 64 pages, which never grow.
const MEMORY: usize = 8 << 20;
const GUEST: usize = 64 << 16;

/// What is left for the host, and the tenth. The deadline is one second, and more than that is not computed.
const BUDGET: Budget = Budget {
    bytes: MEMORY + MEMORY / 10 - GUEST,
    time: Duration::from_secs(2),
};

fn run(bytes: &[u8]) -> Option<()> {
    static SETUP: LazyLock<Setup> = LazyLock::new(Setup::new);
    let setup = &*SETUP;
    let input = input(bytes)?.to_string();
    let invocation = setup.skill.invocation("f", Some(&input));
    let invocation = invocation.expect("the arguments fit");
    let limits = Limits {
        memory: MEMORY,
        timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    let report = BUDGET.spend(|| {
        let run = invoke(&setup.linked, &invocation, &limits);
        setup.runtime.block_on(run)
    });
    let report = report.expect("the host can run it");
    assert!(report.peak_memory <= MEMORY, "{}", report.peak_memory);
    Some(())
}

/// Eight bytes of numbers, then the three parts of the text, each of which ends where a byte is 255.
fn input(bytes: &[u8]) -> Option<Value> {
    let (&[kind, lists, a, b, c, d, e, f], text) = bytes.split_first_chunk()?;
    let mut parts = text.split(|byte| *byte == 255).map(String::from_utf8_lossy);
    let mut part = || parts.next().unwrap_or_default();
    Some(json!({
        "call": kind % 4,
        "server": kind / 4 % 4,
        "lists": lists,
        "prefix": part(),
        "unit": part(),
        "suffix": part(),
        "count": u16::from_le_bytes([a, b]),
        "n": u16::from_le_bytes([c, d]),
        "m": u16::from_le_bytes([e, f]),
    }))
}

struct Setup {
    skill: Arc<Skill>,
    linked: Linked,
    runtime: Runtime,
}

impl Setup {
    fn new() -> Self {
        let typed = typed();
        let definition = serde_json::from_value(typed.clone()).expect("a definition");
        let component = component::guest(&[definition], WORLD, MODULE);
        let engine = Engine::new(Allocation::OnDemand).expect("an engine");
        let skill = Arc::new(Skill::load(&engine, &component, None).expect("a skill"));
        let go = json!({"name": "go", "inputSchema": {"type": "object"}});
        let server = |name, tool: &Value, takes_text| -> Arc<dyn ToolServer> {
            Arc::new(Echo {
                name,
                tools: vec![serde_json::from_value(tool.clone()).expect("a tool")],
                takes_text,
            })
        };
        let servers = [
            server("tree", &go, false),
            server("flat", &go, true),
            server("deny", &go, true),
            server("s", &typed, false),
        ];
        let granted = ["tree/*", "flat/*", "s/*"]
            .map(|pattern| pattern.parse::<ToolPattern>().expect("a grant"));
        let environment = Environment {
            catalog: Arc::new(Catalog::of(servers).expect("a catalog")),
            grants: Arc::new(Grants {
                tools: granted.into(),
                ..Grants::default()
            }),
            ..Environment::default()
        };
        Self {
            linked: link(&skill, &environment).expect("it links"),
            skill,
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        }
    }
}

/// A tool that takes lists of everything.
fn typed() -> Value {
    let schema = json!({
        "type": "object",
        "required": ["rows", "any", "map", "points", "octets"],
        "properties": {
            "rows": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
            "any": {"type": "array", "items": {}},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "points": {"type": "array", "items": {
                "type": "object", "required": ["x"],
                "properties": {"x": {"type": "integer"}, "y": {"type": "number"}},
            }},
            "octets": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}},
        },
    });
    json!({"name": "t", "inputSchema": schema, "outputSchema": schema})
}

/// A server that gives back what it was sent, and keeps nothing.
struct Echo {
    name: &'static str,
    tools: Vec<Tool>,
    takes_text: bool,
}

impl ToolServer for Echo {
    fn name(&self) -> &str {
        self.name
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        _tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        let mut answer = CallToolResult::success(Vec::new());
        answer.structured_content = Some(arguments.into());
        Box::pin(ready(Ok(answer.into())))
    }

    fn call_text<'a>(
        &'a self,
        _tool: &'a str,
        arguments: Box<RawValue>,
    ) -> Result<BoxFuture<'a, Result<Answer, CallError>>, Box<RawValue>> {
        if !self.takes_text {
            return Err(arguments);
        }
        let text: Box<str> = arguments.into();
        let answer = CallToolResult::success(vec![ContentBlock::text(String::from(text))]);
        Ok(Box::pin(ready(Ok(answer.into()))))
    }
}

const WORLD: &str = "
    package fuzz:guest;
    world built {
        import mcp:tools/tools@0.1.0;
        import mcp-server:s/tools;
        export f: func(
            call: u32, server: u32, lists: u32, prefix: string, %unit: string, suffix: string, count: u32, n: u32, m: u32
        );
    }";

/// Its memory: names, the last result at 256, what is passed to it from 1,024, the text from 1 MiB, strings or records
/// from 2 MiB, lists of these from 3.625 MiB.
const MODULE: &str = r#"
(module
    (import "mcp:tools/tools@0.1.0" "call-tool" (func $call (param i32 i32 i32 i32 i32 i32 i32)))
    (import "mcp:tools/tools@0.1.0" "call-tools" (func $batch (param i32 i32 i32)))
    (import "mcp-server:s/tools" "t"
        (func $typed (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (memory (export "memory") 64 64)
    (global $next (mut i32) (i32.const 1024))
    (data (i32.const 0) "tree") (data (i32.const 16) "flat") (data (i32.const 32) "deny")
    (data (i32.const 48) "none") (data (i32.const 64) "go")

    ;; What is handed to the guest ends below the text: more of it is a trap.
    (func (export "cabi_realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
            (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
            (i32.sub (i32.const 0) (local.get $align))))
        (if (i32.gt_u (local.get $size) (i32.sub (i32.const 0x100000) (local.get $at))) (then (unreachable)))
        (global.set $next (i32.add (local.get $at) (local.get $size)))
        (memory.copy (local.get $at) (local.get $old) (local.get $had))
        (local.get $at))

    ;; Appends to the text at `at`, if that does not go beyond `end`.
    (func $put (param $at i32) (param $end i32) (param $from i32) (param $length i32) (result i32)
        (if (i32.gt_u (i32.add (local.get $at) (local.get $length)) (local.get $end))
            (then (return (local.get $at))))
        (memory.copy (local.get $at) (local.get $from) (local.get $length))
        (i32.add (local.get $at) (local.get $length)))

    ;; Writes the same pointer and length `count` times.
    (func $pairs (param $at i32) (param $pointer i32) (param $length i32) (param $count i32)
        (block $done (loop $more
            (br_if $done (i32.eqz (local.get $count)))
            (i32.store (local.get $at) (local.get $pointer))
            (i32.store offset=4 (local.get $at) (local.get $length))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br $more))))

    ;; Writes entries of a map, each with another eight bytes of the text as its key.
    (func $entries (param $at i32) (param $length i32) (param $count i32)
        (local $key i32)
        (local.set $key (i32.const 0x100000))
        (block $done (loop $more
            (br_if $done (i32.eqz (local.get $count)))
            (i32.store (local.get $at) (local.get $key))
            (i32.store offset=4 (local.get $at) (i32.const 8))
            (i32.store offset=8 (local.get $at) (i32.const 0x100000))
            (i32.store offset=12 (local.get $at) (local.get $length))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (local.set $key (i32.add (local.get $key) (i32.const 1)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br $more))))

    ;; Writes the same call `count` times.
    (func $calls (param $at i32) (param $server i32) (param $length i32) (param $count i32)
        (block $done (loop $more
            (br_if $done (i32.eqz (local.get $count)))
            (i32.store (local.get $at) (local.get $server))
            (i32.store offset=4 (local.get $at) (i32.const 4))
            (i32.store offset=8 (local.get $at) (i32.const 64))
            (i32.store offset=12 (local.get $at) (i32.const 2))
            (i32.store offset=16 (local.get $at) (i32.const 0x100000))
            (i32.store offset=20 (local.get $at) (local.get $length))
            (local.set $at (i32.add (local.get $at) (i32.const 24)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br $more))))

    (func $least (param i32 i32) (result i32)
        (select (local.get 0) (local.get 1) (i32.lt_u (local.get 0) (local.get 1))))

    ;; The second where the bit of the first is set, or else nothing.
    (func $where (param $set i32) (param $value i32) (result i32)
        (select (local.get $value) (i32.const 0) (local.get $set)))

    (func (export "f")
        (param $call i32) (param $server i32) (param $lists i32)
        (param $prefix i32) (param $prefix-length i32) (param $unit i32) (param $unit-length i32)
        (param $suffix i32) (param $suffix-length i32) (param $count i32) (param $n i32) (param $m i32)
        (local $end i32) (local $length i32) (local $mark i32)
        (local $rows i32) (local $any i32) (local $map i32) (local $points i32) (local $octets i32)
        ;; The text.
        (local.set $end (call $put
            (i32.const 0x100000) (i32.const 0x200000) (local.get $prefix) (local.get $prefix-length)))
        (block $done (loop $more
            (br_if $done (i32.eqz (local.get $count)))
            (local.set $end (call $put
                (local.get $end) (i32.sub (i32.const 0x200000) (local.get $suffix-length))
                (local.get $unit) (local.get $unit-length)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br $more)))
        (local.set $end (call $put
            (local.get $end) (i32.const 0x200000) (local.get $suffix) (local.get $suffix-length)))
        (local.set $length (i32.sub (local.get $end) (i32.const 0x100000)))
        (local.set $mark (global.get $next))
        (local.set $server (i32.mul (local.get $server) (i32.const 16)))

        (block $typed (block $batch (block $again (block $once
            (br_table $once $again $batch $typed (local.get $call)))
            ;; One call.
            (local.set $n (i32.const 1)))
            ;; One after the other.
            (block $done (loop $more
                (br_if $done (i32.eqz (local.get $n)))
                (global.set $next (local.get $mark))
                (call $call (local.get $server) (i32.const 4) (i32.const 64) (i32.const 2)
                    (i32.const 0x100000) (local.get $length) (i32.const 256))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br $more)))
            (return))
            ;; A batch.
            (call $calls (i32.const 0x200000) (local.get $server) (local.get $length) (local.get $n))
            (call $batch (i32.const 0x200000) (local.get $n) (i32.const 256))
            (return))
        ;; A typed call: each bit of `lists` fills one of its lists.
        (local.set $m (call $least (local.get $m) (i32.const 49152)))
        (local.set $rows (i32.and (local.get $lists) (i32.const 1)))
        (local.set $any (i32.and (local.get $lists) (i32.const 2)))
        (local.set $map (i32.and (local.get $lists) (i32.const 4)))
        (local.set $points (i32.and (local.get $lists) (i32.const 8)))
        (local.set $octets (i32.and (local.get $lists) (i32.const 16)))
        (call $pairs (i32.const 0x200000) (i32.const 0x100000) (local.get $length) (local.get $n))
        (if (local.get $rows) (then
            (call $pairs (i32.const 0x3a0000) (i32.const 0x200000) (local.get $n) (local.get $m))))
        (if (local.get $map) (then
            (call $entries (i32.const 0x3a0000) (local.get $length)
                (call $least (local.get $n) (i32.const 24576)))))
        (call $typed
            (i32.const 0x3a0000) (call $where (local.get $rows) (local.get $m))
            (i32.const 0x200000) (call $where (local.get $any) (local.get $n))
            (i32.const 0x3a0000) (call $where (local.get $map) (call $least (local.get $n) (i32.const 24576)))
            (i32.const 0x100000) (call $where (local.get $points) (i32.div_u (local.get $length) (i32.const 24)))
            (i32.const 0x100000) (call $where (local.get $octets) (local.get $length))
            (i32.const 256))))
"#;
