//! A way in for `benches/` and `fuzz/`, which use the codec without a run. Hidden, and no part of the crate's interface.

use serde_json::Value;
use wasmtime::component::Val;

use super::definition;
use super::{Codec, Function, ReturnCodec, params, returns};
use crate::component::skill::{Import, Skill};

/// The codecs of one tool, as linking makes them.
pub struct ToolCodec {
    arguments: Option<Codec>,
    result: ReturnCodec,
}

impl ToolCodec {
    /// For the function `label` that the skill imports, with the tool as it is now.
    ///
    /// # Errors
    ///
    /// Why the two do not fit, as the field and both types.
    pub fn of(skill: &Skill, label: &str, tool: &mcp_bridge::Tool) -> Result<Self, String> {
        let definition = definition(tool);
        let live =
            mcp_codegen::function(label, &definition).map_err(|refusal| refusal.to_string())?;
        let built = skill.imports.iter().find_map(|import| match import {
            Import::Tool {
                instance,
                label: known,
                ty,
                ..
            } if known == label => Some(Function::new(ty, &skill.strings, instance, label)),
            _ => None,
        });
        let built = built.ok_or_else(|| format!("the skill does not import `{label}`"))?;
        let mismatch = |mismatch: super::Mismatch| {
            format!(
                "`{}` was {}, now {}",
                mismatch.field, mismatch.built, mismatch.live
            )
        };
        Ok(Self {
            arguments: params(&built, &live).map_err(mismatch)?,
            result: returns(&built, &live).map_err(mismatch)?,
        })
    }

    /// Arguments as the guest's value; `None` where the function takes none.
    ///
    /// # Errors
    ///
    /// Where they do not fit, and why.
    pub fn read_arguments(&self, value: Value) -> Option<Result<Val, String>> {
        let codec = self.arguments.as_ref()?;
        Some(codec.read_json(value).map_err(|error| error.to_string()))
    }

    /// The guest's arguments as JSON; `None` where the function takes none.
    ///
    /// # Errors
    ///
    /// Where JSON has no such value, and why.
    pub fn write_arguments(&self, value: &Val) -> Option<Result<Value, String>> {
        let codec = self.arguments.as_ref()?;
        Some(codec.to_json(value).map_err(|error| error.to_string()))
    }

    /// Structured content as the function's result; `None` where the function returns `tool-result`.
    ///
    /// # Errors
    ///
    /// Where it does not fit, and why.
    pub fn read_result(&self, value: Value) -> Option<Result<Val, String>> {
        let read = self.result.read_structured(value);
        read.map_err(|error| error.to_string()).transpose()
    }

    /// The function's result as the structured content that it was made from; `None` where the function returns
    /// `tool-result`.
    ///
    /// # Errors
    ///
    /// Where JSON has no such value, and why.
    pub fn write_result(&self, value: &Val) -> Option<Result<Value, String>> {
        let (codec, key) = match &self.result {
            ReturnCodec::ToolResult => return None,
            ReturnCodec::Structured(codec) => (codec, None),
            ReturnCodec::Wrapped { key, codec } => (codec, Some(key)),
        };
        let value = codec.to_json(value).map_err(|error| error.to_string());
        Some(value.map(|value| match key {
            Some(key) => Value::Object([(key.clone(), value)].into_iter().collect()),
            None => value,
        }))
    }
}
