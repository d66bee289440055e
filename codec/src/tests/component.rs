//! Components as a skill's toolchain makes them, without a skill: they import the tools and do nothing.

use mcp_codegen::{Flavour, Tool, contract, function, names, package};
use serde_json::Value;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Type, Val};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use crate::built::Function;
use crate::{Codec, Mismatch, ReturnCodec, Strings, compare};

pub(crate) const INSTANCE: &str = "mcp-server:s/tools";

/// A component that imports all tools of one server, called `s`.
pub(crate) struct Built {
    component: Component,
    strings: Strings,
}

pub(crate) fn tool(name: &str, input: Value, output: Option<Value>) -> Tool {
    Tool {
        name: name.to_owned(),
        title: None,
        description: None,
        input_schema: input,
        output_schema: output,
        annotations: mcp_codegen::Annotations::default(),
    }
}

pub(crate) fn build(tools: &[Tool]) -> Built {
    build_wit(&package("s", tools, Flavour::Sync).unwrap().wit)
}

pub(crate) fn build_wit(wit: &str) -> Built {
    let (_, types) = contract::FILES
        .iter()
        .find(|(name, _)| *name == "types.wit")
        .unwrap();
    let mut resolve = Resolve::default();
    resolve.push_source("types.wit", types).unwrap();
    let package = resolve.push_source("tools.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("imports")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let bytes = ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    let engine = wasmtime::Engine::default();
    let component = Component::from_binary(&engine, &bytes).unwrap();
    let strings = Strings::of(&component, &bytes);
    Built { component, strings }
}

impl Built {
    pub(crate) fn function(&self, label: &str) -> ComponentFunc {
        let engine = self.component.engine();
        let ty = self.component.component_type();
        let Some(ComponentItem::ComponentInstance(instance)) =
            ty.get_import(engine, INSTANCE).map(|item| item.ty)
        else {
            panic!("no import `{INSTANCE}`");
        };
        match instance.get_export(engine, label).map(|item| item.ty) {
            Some(ComponentItem::ComponentFunc(function)) => function,
            _ => panic!("no function `{label}`"),
        }
    }

    /// The codecs of one imported function, for a tool as it is now.
    pub(crate) fn link(
        &self,
        label: &str,
        live: &Tool,
    ) -> Result<(Option<Codec>, ReturnCodec), Mismatch> {
        let ty = self.function(label);
        let live = function(label, live).unwrap();
        let built = Function::new(&ty, &self.strings, INSTANCE, label);
        Ok((
            compare::params(&built, &live)?,
            compare::returns(&built, &live)?,
        ))
    }
}

/// A skill built with one schema meets another: the codec of the arguments.
pub(crate) fn params(built: &Value, live: &Value) -> Result<Option<Codec>, Mismatch> {
    let component = build(&[tool("t", built.clone(), None)]);
    Ok(component.link("t", &tool("t", live.clone(), None))?.0)
}

/// The same for results.
pub(crate) fn returns(built: &Value, live: &Value) -> Result<ReturnCodec, Mismatch> {
    let input = serde_json::json!({"type": "object"});
    let component = build(&[tool("t", input.clone(), Some(built.clone()))]);
    Ok(component
        .link("t", &tool("t", input, Some(live.clone())))?
        .1)
}

/// The labels that the tools have in the package.
pub(crate) fn labels(tools: &[Tool]) -> Vec<String> {
    let labels = names::tool_labels(tools.iter().map(|tool| tool.name.as_str()));
    labels.into_iter().map(|(label, _)| label).collect()
}

/// Whether Wasmtime would take the value for the type.
pub(crate) fn fits(ty: &Type, value: &Val) -> bool {
    match (ty, value) {
        (Type::Bool, Val::Bool(_))
        | (Type::S8, Val::S8(_))
        | (Type::U8, Val::U8(_))
        | (Type::S16, Val::S16(_))
        | (Type::U16, Val::U16(_))
        | (Type::S32, Val::S32(_))
        | (Type::U32, Val::U32(_))
        | (Type::S64, Val::S64(_))
        | (Type::U64, Val::U64(_))
        | (Type::Float64, Val::Float64(_))
        | (Type::String, Val::String(_)) => true,
        (Type::List(list), Val::List(items)) => items.iter().all(|item| fits(&list.ty(), item)),
        (Type::Tuple(tuple), Val::Tuple(items)) => {
            tuple.types().len() == items.len()
                && tuple.types().zip(items).all(|(ty, item)| fits(&ty, item))
        }
        (Type::Option(option), Val::Option(value)) => {
            value.as_ref().is_none_or(|value| fits(&option.ty(), value))
        }
        (Type::Enum(cases), Val::Enum(label)) => cases.names().any(|name| name == label),
        (Type::Record(record), Val::Record(fields)) => {
            record.fields().len() == fields.len()
                && record
                    .fields()
                    .zip(fields)
                    .all(|(field, (label, value))| field.name == label && fits(&field.ty, value))
        }
        (Type::Variant(variant), Val::Variant(label, payload)) => variant.cases().any(|case| {
            case.name == label
                && match (&case.ty, payload) {
                    (None, None) => true,
                    (Some(ty), Some(value)) => fits(ty, value),
                    _ => false,
                }
        }),
        _ => false,
    }
}
