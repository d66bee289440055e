//! A way in for `benches/`, which measures the codec alone. Hidden, and no part of the crate's interface.

use serde_json::Value;
use wasmtime::component::Val;

use super::{Codec, Function, params};
use crate::link::definition;
use crate::skill::{Import, Skill};

/// The codec of one tool's arguments, as linking makes it.
pub struct ArgumentsCodec(Codec);

impl ArgumentsCodec {
    /// For the function `label` that the skill imports; `None` where it does not, or where the tool is another one.
    #[must_use]
    pub fn of(skill: &Skill, label: &str, tool: &mcp_bridge::Tool) -> Option<Self> {
        let definition = definition(tool);
        let live = mcp_codegen::function(label, &definition).ok()?;
        let codec = skill.imports.iter().find_map(|import| match import {
            Import::Tool {
                instance,
                label: known,
                ty,
                ..
            } if known == label => {
                let built = Function::new(ty, &skill.strings, instance, label);
                params(&built, &live).ok()
            }
            _ => None,
        })?;
        codec.map(Self)
    }

    /// JSON as the guest's value; `None` where it does not fit.
    #[must_use]
    pub fn read(&self, value: Value) -> Option<Val> {
        self.0.read_json(value).ok()
    }

    /// The guest's value as JSON; `None` where JSON has none.
    #[must_use]
    pub fn write(&self, value: &Val) -> Option<Value> {
        self.0.to_json(value).ok()
    }
}
