//! The functions that a component exports, with JSON Schemas of their arguments and results.

use serde::Serialize;
use serde_json::Value;
use wit_parser::{Function, Resolve, WorldId, WorldItem};

use mcp_codec::Signature;

/// One exported function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedFunction {
    /// The name for `--invoke`: `NAME`, or `INTERFACE#NAME`.
    pub name: String,
    /// JSON Schema of the arguments, as an object by name; `None` if the function cannot be called from outside.
    #[serde(rename = "inputSchema")]
    pub input: Option<Value>,
    /// JSON Schema of the result; `None` if the function returns nothing.
    #[serde(rename = "outputSchema")]
    pub output: Option<Value>,
    /// JSON Schema of `E`, if the function returns `result<_, E>`.
    #[serde(rename = "errorSchema")]
    pub error: Option<Value>,
    /// Why it cannot be called from outside.
    pub refused: Option<String>,
}

/// The functions that `Skill::exports` lists too.
pub(super) fn of(resolve: &Resolve, world: WorldId) -> Vec<ExportedFunction> {
    let mut functions = Vec::new();
    for (key, item) in &resolve.worlds[world].exports {
        let name = resolve.name_world_key(key);
        match item {
            WorldItem::Function(function) => functions.push(one(resolve, name, function)),
            WorldItem::Interface { id, .. } if !name.starts_with("wasi:") => {
                let labels = resolve.interfaces[*id].functions.iter();
                let labels = labels.filter(|(label, _)| !label.starts_with('['));
                functions
                    .extend(labels.map(|(label, function)| {
                        one(resolve, format!("{name}#{label}"), function)
                    }));
            }
            WorldItem::Interface { .. } | WorldItem::Type { .. } => {}
        }
    }
    functions
}

fn one(resolve: &Resolve, name: String, function: &Function) -> ExportedFunction {
    match Signature::decoded(resolve, function) {
        Ok(signature) => ExportedFunction {
            name,
            input: Some(signature.input_schema()),
            output: signature.output_schema(),
            error: signature.error_schema(),
            refused: None,
        },
        Err(unsupported) => ExportedFunction {
            name,
            input: None,
            output: None,
            error: None,
            refused: Some(format!("{} holds {}", unsupported.place, unsupported.what)),
        },
    }
}
