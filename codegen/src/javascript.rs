//! The JavaScript between a skill and the bindings of `componentize-qjs`, which truncate, wrap or round integers
//! without an error. Takes parsed WIT and returns text; the host's build writes it, and makes the component from it.
//! Functions without integers, resources and `async func`s are left unchanged.

use std::collections::HashMap;
use std::fmt::Write as _;

use wit_parser::{
    Function, FunctionKind, InterfaceId, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem,
    WorldKey,
};

use crate::typescript::lower_camel;

/// Throws exceptions for integers that would be truncated, wrapped or rounded. The same for every skill; its file is
/// [`INTEGERS_JS`].
pub const INTEGERS: &str = include_str!("javascript/integers.js");

/// The file that the others import [`INTEGERS`] from.
pub const INTEGERS_JS: &str = "integers.js";

/// The file that the entry imports [`Entry::types`] from.
pub const TYPES_JS: &str = "types.js";

/// The source of a component, in place of the skill's own module.
pub struct Entry {
    /// The integers in each function's parameters and results. It is evaluated before any imported interface.
    pub types: String,
    /// The module with the exports: those of the skill, checked.
    pub module: String,
}

/// `skill` is how the entry imports the skill's own module.
#[must_use]
pub fn entry(resolve: &Resolve, world: WorldId, skill: &str) -> Entry {
    let mut types = Types::new(resolve);
    let world = &resolve.worlds[world];
    // Before anything of the skill: its own modules import the same ones.
    let mut imports = format!("import {{ done, exports }} from \"./{TYPES_JS}\";\n");
    let mut intercepted = String::new();
    for (key, item) in &world.imports {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let Some(checked) = types.interface(*id) else {
            continue;
        };
        let name = resolve.name_world_key(key);
        // JavaScript treats each name of a module as a module of its own.
        let bare = name.split('@').next().unwrap_or(&name);
        for name in [Some(name.as_str()), (bare != name).then_some(bare)]
            .into_iter()
            .flatten()
        {
            let _ = writeln!(imports, "import {name:?};");
            let _ = writeln!(intercepted, "  {checked},");
        }
    }

    let mut exports = String::new();
    let mut exported = String::new();
    for (key, item) in &world.exports {
        match item {
            WorldItem::Function(function) => {
                let Some(check) = types.function(function) else {
                    continue;
                };
                let name = lower_camel(&function.name);
                let _ = writeln!(exports, "  {name}: {check},");
                export(
                    &mut exported,
                    &name,
                    &format!("exported((...values) => skill.{name}(...values), exports.{name})"),
                );
            }
            WorldItem::Interface { id, .. } => {
                let Some(name) = export_name(resolve, key) else {
                    continue;
                };
                let Some(checked) = types.interface(*id) else {
                    continue;
                };
                let _ = writeln!(exports, "  {name}: {checked},");
                export(
                    &mut exported,
                    &name,
                    &format!("exportedInterface(skill.{name}, exports.{name})"),
                );
            }
            WorldItem::Type { .. } => {}
        }
    }

    let Types { definitions, .. } = types;
    Entry {
        types: format!(
            "{WRITTEN}import * as t from \"./{INTEGERS_JS}\";\n\n{definitions}\nexport const exports = {{\n{exports}}};\n\nexport const done = t.intercept([\n{intercepted}]);\n"
        ),
        module: format!(
            "{WRITTEN}{imports}import {{ exported, exportedInterface }} from \"./{INTEGERS_JS}\";\nimport * as skill from {skill:?};\n\ndone();\nexport * from {skill:?};\n{exported}"
        ),
    }
}

const WRITTEN: &str = "// Written by `mcp-host build` from the WIT of the skill. Do not edit.\n";

/// Exports a name that may be a keyword, such as `delete`.
fn export(out: &mut String, name: &str, value: &str) {
    let _ = write!(
        out,
        "const {name}_ = {value};\nexport {{ {name}_ as {name} }};\n"
    );
}

/// The JavaScript name of an exported interface.
fn export_name(resolve: &Resolve, key: &WorldKey) -> Option<String> {
    match key {
        WorldKey::Name(name) => Some(lower_camel(name)),
        WorldKey::Interface(id) => resolve.interfaces[*id].name.as_deref().map(lower_camel),
    }
}

/// The types with integers, each defined once, after the types that it contains.
struct Types<'a> {
    resolve: &'a Resolve,
    /// `None`: the type contains no integers.
    known: HashMap<TypeId, Option<String>>,
    definitions: String,
    defined: usize,
}

impl<'a> Types<'a> {
    fn new(resolve: &'a Resolve) -> Self {
        Self {
            resolve,
            known: HashMap::new(),
            definitions: String::new(),
            defined: 0,
        }
    }

    /// A unique name: two interfaces may have types of the same label.
    fn name(&mut self, label: &str) -> String {
        self.defined += 1;
        format!("{}{}", lower_camel(label), self.defined)
    }

    /// The name of an interface's parameter and result types; `None` if they contain no integers.
    fn interface(&mut self, id: InterfaceId) -> Option<String> {
        let interface = &self.resolve.interfaces[id];
        let mut checks = String::new();
        for function in interface.functions.values() {
            if let Some(check) = self.function(function) {
                let _ = writeln!(checks, "  {}: {check},", lower_camel(&function.name));
            }
        }
        if checks.is_empty() {
            return None;
        }
        let name = self.name(interface.name.as_deref().unwrap_or("interface"));
        let _ = write!(self.definitions, "const {name} = {{\n{checks}}};\n");
        Some(name)
    }

    fn function(&mut self, function: &Function) -> Option<String> {
        if function.kind != FunctionKind::Freestanding {
            return None;
        }
        let takes: Vec<Option<String>> = function
            .params
            .iter()
            .map(|param| self.of(&param.ty))
            .collect();
        let (gives, fails) = match self.result(function) {
            Some((ok, err)) => (
                ok.and_then(|ty| self.of(&ty)),
                err.and_then(|ty| self.of(&ty)),
            ),
            None => (function.result.and_then(|ty| self.of(&ty)), None),
        };
        if takes.iter().all(Option::is_none) && gives.is_none() && fails.is_none() {
            return None;
        }
        let takes: Vec<String> = function
            .params
            .iter()
            .zip(takes)
            .map(|(param, ty)| {
                format!(
                    "{{ name: \"{}\", type: {} }}",
                    lower_camel(&param.name),
                    or_null(ty)
                )
            })
            .collect();
        Some(format!(
            "{{ name: \"{}\", takes: [{}], gives: {}, fails: {} }}",
            lower_camel(&function.name),
            takes.join(", "),
            or_null(gives),
            or_null(fails)
        ))
    }

    /// Both types of a function that returns a `result`; the error type is thrown.
    fn result(&self, function: &Function) -> Option<(Option<Type>, Option<Type>)> {
        let Some(Type::Id(id)) = function.result else {
            return None;
        };
        match &self.resolve.types[id].kind {
            TypeDefKind::Result(result) => Some((result.ok, result.err)),
            _ => None,
        }
    }

    /// The expression for a type; `None` if it contains no integers.
    fn of(&mut self, ty: &Type) -> Option<String> {
        let name = match ty {
            Type::U8 => "u8",
            Type::U16 => "u16",
            Type::U32 => "u32",
            Type::U64 => "u64",
            Type::S8 => "s8",
            Type::S16 => "s16",
            Type::S32 => "s32",
            Type::S64 => "s64",
            Type::Bool | Type::F32 | Type::F64 | Type::Char | Type::String | Type::ErrorContext => {
                return None;
            }
            Type::Id(id) => return self.of_id(*id),
        };
        Some(format!("t.{name}"))
    }

    fn of_id(&mut self, id: TypeId) -> Option<String> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let ty = &self.resolve.types[id];
        let definition = self.definition(&ty.kind);
        let expression = match (&ty.name, &ty.kind, definition) {
            // An alias is what it stands for.
            (_, TypeDefKind::Type(_), definition) | (None, _, definition) => definition,
            (Some(label), _, definition) => definition.map(|definition| {
                let name = self.name(label);
                let _ = writeln!(self.definitions, "const {name} = {definition};");
                name
            }),
        };
        self.known.insert(id, expression.clone());
        expression
    }

    fn definition(&mut self, kind: &TypeDefKind) -> Option<String> {
        match kind {
            TypeDefKind::Type(ty) => self.of(ty),
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter().map(|field| {
                    let name = lower_camel(&field.name);
                    self.of(&field.ty).map(|ty| format!("{name}: {ty}"))
                });
                call("record", "{ ", fields.flatten().collect(), " }")
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| {
                    let ty = case.ty.as_ref().and_then(|ty| self.of(ty));
                    ty.map(|ty| format!("{:?}: {ty}", case.name))
                });
                call("variant", "{ ", cases.flatten().collect(), " }")
            }
            TypeDefKind::Result(result) => {
                let cases = [("ok", result.ok), ("err", result.err)];
                let cases = cases.map(|(name, ty)| {
                    let ty = ty.as_ref().and_then(|ty| self.of(ty));
                    ty.map(|ty| format!("{name}: {ty}"))
                });
                let cases = cases.into_iter().flatten().collect();
                call("variant", "{ ", cases, " }")
            }
            TypeDefKind::Option(ty) if crate::typescript::is_option(self.resolve, ty) => {
                let ty = self.of(ty)?;
                Some(format!("t.variant({{ some: {ty} }})"))
            }
            TypeDefKind::Option(ty) => Some(format!("t.option({})", self.of(ty)?)),
            TypeDefKind::List(Type::U8) => Some("t.bytes".to_owned()),
            TypeDefKind::List(ty) | TypeDefKind::FixedLengthList(ty, _) => {
                Some(format!("t.list({})", self.of(ty)?))
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<Option<String>> = tuple.types.iter().map(|ty| self.of(ty)).collect();
                if types.iter().all(Option::is_none) {
                    return None;
                }
                call("tuple", "[", types.into_iter().map(or_null).collect(), "]")
            }
            TypeDefKind::Map(key, value) => {
                let (key, value) = (self.of(key), self.of(value));
                if key.is_none() && value.is_none() {
                    return None;
                }
                Some(format!("t.map({}, {})", or_null(key), or_null(value)))
            }
            TypeDefKind::Flags(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Resource
            | TypeDefKind::Handle(_)
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Unknown => None,
        }
    }
}

fn call(name: &str, open: &str, parts: Vec<String>, close: &str) -> Option<String> {
    if parts.is_empty() {
        return None;
    }
    Some(format!("t.{name}({open}{}{close})", parts.join(", ")))
}

fn or_null(expression: Option<String>) -> String {
    expression.unwrap_or_else(|| "null".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn what_has_integers_is_checked_and_the_rest_is_left_alone() {
        let mut resolve = Resolve::default();
        let package = resolve
            .push_str(
                "x.wit",
                "package a:b@1.2.0;
                interface types { record point { x: u64, y: option<f64> } }
                interface tools {
                  use types.{point};
                  variant shape { nothing, dot(point), raw(list<u8>), text(string) }
                  record ask-params { at-first: list<option<u8>>, name: string, pair: tuple<string, s64>, twice: option<option<u16>> }
                  ask: func(params: ask-params) -> result<list<shape>, u32>;
                  say: func(text: string) -> string;
                }
                interface quiet { say: func(text: string) -> string; }
                interface counts { count: func() -> u32; }
                world w {
                  import tools;
                  import quiet;
                  export counts;
                  export delete: func(at: point) -> bool;
                  export say: func(text: string) -> string;
                  use types.{point};
                }",
            )
            .unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let Entry { types, module } = entry(&resolve, world, "../../src/skill.js");
        assert_eq!(types, include_str!("javascript/expected/types.js"));
        assert_eq!(module, include_str!("javascript/expected/skill.js"));
    }
}
