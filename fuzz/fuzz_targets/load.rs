//! Bytes -> a component, or what calls itself one -> inspect, load, link. Whatever they are: no panic, messages of
//! bounded length, and an inspection that says of exports and servers what loading finds. The first byte decides
//! whether the others are a component as they are, what `wasm-smith` makes a component of, a tool's schema whose skill
//! is linked to the server `s` of this process, or that with a few bytes of the skill changed.
#![no_main]

mod component;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Once};

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mcp_bridge::{Answer, CallError, JsonObject, Tool};
use mcp_host::{
    Allocation, Catalog, Engine, Environment, Export, Inspection, Needs, Skill, ToolServer,
    inspect, link,
};
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    match kind % 4 {
        0 => load(rest),
        1 => {
            if let Some(bytes) = generated(rest) {
                load(&bytes);
            }
        }
        2 => {
            if let Some(bytes) = skill(rest) {
                load(&bytes);
            }
        }
        _ => {
            if let Some((changes, schema)) = rest.split_at_checked(CHANGES)
                && let Some(mut bytes) = skill(schema)
            {
                change(&mut bytes, changes);
                load(&bytes);
            }
        }
    }
});

/// Four changes of three bytes.
const CHANGES: usize = 12;

/// Each change is a place in the component, and the byte that stands there now.
fn change(component: &mut [u8], changes: &[u8]) {
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % component.len();
        component[at] = change[2];
    }
}

fn load(bytes: &[u8]) {
    static ENGINE: LazyLock<Engine> =
        LazyLock::new(|| Engine::new(Allocation::OnDemand).expect("an engine"));
    static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| {
        let server: Arc<dyn ToolServer> = Arc::new(Server {
            tools: vec![serde_json::from_value(tool(&standard())).expect("a tool")],
        });
        Environment {
            catalog: Arc::new(Catalog::of([server]).expect("a catalog")),
            ..Environment::default()
        }
    });
    let inspection = inspected(bytes);
    match Skill::load(&ENGINE, bytes, None) {
        Ok(skill) => {
            if let Some(inspection) = inspection {
                agree(&inspection, &skill, bytes);
            }
            if let Err(error) = link(&Arc::new(skill), &ENVIRONMENT) {
                short(&error, bytes);
            }
        }
        Err(error) => short(&error, bytes),
    }
}

fn inspected(bytes: &[u8]) -> Option<Inspection> {
    static HOOK: Once = Once::new();
    // The hook of libFuzzer ends the process before `inspect` can catch what its decoder panics with. A panic that
    // nobody catches ends it all the same.
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));
    inspect(bytes).inspect_err(|error| short(error, bytes)).ok()
}

/// What the bytes say without being compiled is what Wasmtime makes of them.
fn agree(inspection: &Inspection, skill: &Skill, bytes: &[u8]) {
    let tools = inspection.permissions.tools.iter();
    let servers: BTreeSet<_> = tools.map(|tool| tool.server.as_str()).collect();
    if let Some(needs) = Needs::read(bytes) {
        assert_eq!(needs, *skill.needs());
    }
    assert_eq!(servers, skill.needs().servers());
    let functions: BTreeSet<_> = inspection
        .functions
        .iter()
        .map(|f| f.name.clone())
        .collect();
    let exports: BTreeSet<_> = skill.exports().iter().map(Export::name).collect();
    assert_eq!(functions, exports);
}

/// A message may name every import, but it is not many times as long as the component.
fn short(error: &dyn std::error::Error, bytes: &[u8]) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        assert!(text.len() < 65_536 + 16 * bytes.len(), "{}", text.len());
        cause = error.source();
    }
}

fn generated(bytes: &[u8]) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        max_components: 2,
        ..wasm_smith::Config::default()
    };
    let component = wasm_smith::Component::new(config, &mut Unstructured::new(bytes)).ok()?;
    Some(component.to_bytes())
}

/// A skill that was built with this schema, which is another one than the server has.
fn skill(bytes: &[u8]) -> Option<Vec<u8>> {
    let schema: Value = serde_json::from_slice(bytes).ok()?;
    let tool: mcp_codegen::Tool = serde_json::from_value(tool(&schema)).ok()?;
    component::skill(&[tool])
}

fn tool(schema: &Value) -> Value {
    json!({"name": "t", "inputSchema": schema, "outputSchema": schema})
}

fn standard() -> Value {
    json!({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "string"},
        "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"enum": ["x", "y"]}}}},
        "d": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
        "e": {"type": "object", "additionalProperties": {"type": "number"}},
        "f": {},
    }})
}

struct Server {
    tools: Vec<Tool>,
}

impl ToolServer for Server {
    fn name(&self) -> &str {
        "s"
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        _tool: &'a str,
        _arguments: JsonObject,
    ) -> futures_util::future::BoxFuture<'a, Result<Answer, CallError>> {
        unreachable!("nothing is run")
    }
}
