//! The codecs of one imported tool, built once, when the skill is linked.

use serde_json::Value;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Val};

use crate::account::Spend;
use crate::built::Function;
use crate::compare::{params, returns};
use crate::{Codec, Mismatch, ReturnCodec, Strings, ValueError, definition};

/// Converts the arguments and the result of one tool between the component and the server.
#[derive(Debug)]
pub struct ToolCodec {
    arguments: Option<Codec>,
    result: ReturnCodec,
}

impl ToolCodec {
    /// For a function of this type that the component imports as `instance#label`, with the live tool.
    ///
    /// # Errors
    ///
    /// The first place where the two are incompatible.
    pub fn new(
        import: &ComponentFunc,
        strings: &Strings,
        (instance, label): (&str, &str),
        live: &mcp_codegen::shape::Function<'_>,
    ) -> Result<Self, Mismatch> {
        let built = Function::new(import, strings, instance, label);
        Ok(Self {
            arguments: params(&built, live)?,
            result: returns(&built, live)?,
        })
    }

    /// For the function `label` of a server that the component imports, with the live tool.
    ///
    /// # Errors
    ///
    /// Why the two are incompatible, as the field and both types.
    pub fn of(
        component: &Component,
        bytes: &[u8],
        label: &str,
        tool: &mcp_bridge::Tool,
    ) -> Result<Self, String> {
        let definition = definition(tool);
        let live =
            mcp_codegen::function(label, &definition).map_err(|refusal| refusal.to_string())?;
        let engine = component.engine();
        let ty = component.component_type();
        let import = ty.imports(engine).find_map(|(instance, item)| {
            let ComponentItem::ComponentInstance(functions) = item.ty else {
                return None;
            };
            match functions.get_export(engine, label)?.ty {
                ComponentItem::ComponentFunc(ty) => Some((instance.to_owned(), ty)),
                _ => None,
            }
        });
        let (instance, ty) =
            import.ok_or_else(|| format!("the component does not import `{label}`"))?;
        let strings = Strings::of(component, bytes);
        Self::new(&ty, &strings, (&instance, label), &live).map_err(|mismatch| {
            format!(
                "`{}` was {}, now {}",
                mismatch.field, mismatch.built, mismatch.live
            )
        })
    }

    /// The guest's arguments as JSON, and `None` if the function takes none.
    ///
    /// # Errors
    ///
    /// If JSON cannot express a value, or the run has no memory or time for it.
    #[inline]
    pub fn arguments(
        &self,
        params: &[Val],
        spend: &mut Spend<'_>,
    ) -> Result<Option<Value>, ValueError> {
        match (&self.arguments, params) {
            (Some(codec), [params]) => codec.write(params, spend).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the function returns the contract's `tool-result`, which does not use structured content.
    #[must_use]
    #[inline]
    pub fn returns_tool_result(&self) -> bool {
        matches!(self.result, ReturnCodec::ToolResult)
    }

    /// The text of structured content as the function's result, and `None` if the function returns `tool-result`.
    ///
    /// # Errors
    ///
    /// If it does not have the result's type, or the run has no memory or time for it.
    #[inline]
    pub fn result(
        &self,
        structured: &str,
        spend: &mut Spend<'_>,
    ) -> Result<Option<Val>, ValueError> {
        self.result.read(structured, spend)
    }

    /// Arguments as the guest's value; `None` if the function takes none. The inverse of [`Self::arguments`].
    ///
    /// # Errors
    ///
    /// If they do not have the parameter's type, and why.
    pub fn read_arguments(&self, value: Value) -> Option<Result<Val, ValueError>> {
        let codec = self.arguments.as_ref()?;
        Some(codec.read(value, &mut Spend::free()))
    }

    /// The function's result as the structured content that it was made from; `None` if the function returns
    /// `tool-result`. The inverse of [`Self::result`].
    ///
    /// # Errors
    ///
    /// If JSON cannot express a value, and why.
    pub fn write_result(&self, value: &Val) -> Option<Result<Value, ValueError>> {
        let (codec, key) = match &self.result {
            ReturnCodec::ToolResult => return None,
            ReturnCodec::Structured(codec) => (codec, None),
            ReturnCodec::Wrapped { key, codec } => (codec, Some(key)),
        };
        let value = codec.write(value, &mut Spend::free());
        Some(value.map(|value| match key {
            Some(key) => Value::Object([(key.clone(), value)].into_iter().collect()),
            None => value,
        }))
    }
}
