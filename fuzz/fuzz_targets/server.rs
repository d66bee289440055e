//! The server `s` with one tool, of the targets that load and link, and the components that they make for it.

use std::sync::Arc;

use libfuzzer_sys::arbitrary::Unstructured;
use mcp_bridge::{Answer, CallError, JsonObject, Tool};
use mcp_host::{Catalog, Environment, ToolServer};
use serde_json::{Value, json};

use crate::component;

/// The server alone, without a grant.
pub fn environment() -> Environment {
    let server: Arc<dyn ToolServer> = Arc::new(Server {
        tools: vec![serde_json::from_value(tool(&standard())).expect("a tool")],
    });
    Environment {
        catalog: Arc::new(Catalog::of([server]).expect("a catalog")),
        ..Environment::default()
    }
}

/// What `wasm-smith` makes of the bytes.
pub fn generated(bytes: &[u8]) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        max_components: 2,
        ..wasm_smith::Config::default()
    };
    let component = wasm_smith::Component::new(config, &mut Unstructured::new(bytes)).ok()?;
    Some(component.to_bytes())
}

/// A skill that was built with this schema, which is another one than the server has.
pub fn skill(bytes: &[u8]) -> Option<Vec<u8>> {
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
