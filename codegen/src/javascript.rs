//! The JavaScript between a skill and the bindings of `componentize-qjs`, which truncate, wrap or round integers
//! without an error, and end a skill with a trap where a value has another type. Takes parsed WIT and returns text; the
//! host's build writes it, and makes the component from it. Resources and `async func`s are left unchanged.

use std::collections::HashMap;
use std::fmt::Write as _;

use wit_parser::{
    Function, FunctionKind, InterfaceId, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem,
    WorldKey,
};

use crate::typescript::lower_camel;

/// The same for every skill: the name and the text of each file that [`Entry`] imports.
pub const FILES: [(&str, &str); 2] = [
    // Throws exceptions for values that do not fit.
    ("values.js", include_str!("javascript/values.js")),
    // Makes of what a function of the skill returns or throws what its type has.
    ("outcome.js", include_str!("javascript/outcome.js")),
];

/// The file that the entry imports [`Entry::types`] from.
pub const TYPES_JS: &str = "types.js";

/// The file that the entry imports [`Entry::console`] from.
pub const CONSOLE_JS: &str = "console.js";

/// The file that the entry imports its `sources` from: the place in the source of each line of a compiled file, by the
/// file's path.
pub const SOURCES_JS: &str = "sources.js";

/// The source of a component, in place of the skill's own module.
pub struct Entry {
    /// The types of each function's parameters and results. It is evaluated before any imported interface.
    pub types: String,
    /// Installs `console`. It is evaluated before any module of the skill.
    pub console: String,
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
    let mut console = WRITTEN.to_owned();
    for (key, item) in &world.imports {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let Some(checked) = types.interface(*id, &resolve.name_world_key(key)) else {
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
        if bare == "mcp:tools/log" {
            let _ = write!(
                console,
                "import log from {name:?};\nimport {{ consoleOver }} from \"./outcome.js\";\n\n\
                 globalThis.console = consoleOver((level, message, fields) => log.log(level, message, fields));\n"
            );
        }
    }
    let _ = write!(
        imports,
        "import \"./{CONSOLE_JS}\";\nimport {{ exported, exportedInterface }} from \"./outcome.js\";\n\
         import {{ sources }} from \"./{SOURCES_JS}\";\nimport * as skill from {skill:?};\n"
    );

    let mut exports = String::new();
    let mut exported = String::new();
    for (key, item) in &world.exports {
        let (name, types, checked) = match item {
            WorldItem::Function(function) => {
                let Some(types) = types.function(function) else {
                    continue;
                };
                let name = lower_camel(&function.name);
                let checked = format!(
                    "exported((...values) => skill.{name}(...values), exports.{name}, sources)"
                );
                (name, types, checked)
            }
            WorldItem::Interface { id, .. } => {
                let Some(name) = export_name(resolve, key) else {
                    continue;
                };
                let Some(types) = types.interface(*id, &name) else {
                    continue;
                };
                let checked = format!("exportedInterface(skill.{name}, exports.{name}, sources)");
                (name, types, checked)
            }
            WorldItem::Type { .. } => continue,
        };
        let _ = writeln!(exports, "  {name}: {types},");
        export(&mut exported, &name, &checked);
    }

    let Types { definitions, .. } = types;
    Entry {
        types: format!(
            "{WRITTEN}import * as t from \"./values.js\";\n\n{definitions}\nexport const exports = {{\n{exports}}};\n\nexport const done = t.intercept([\n{intercepted}]);\n"
        ),
        console,
        module: format!("{WRITTEN}{imports}\ndone();\nexport * from {skill:?};\n{exported}"),
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

/// The types, each defined once, after the types that it contains.
struct Types<'a> {
    resolve: &'a Resolve,
    known: HashMap<TypeId, String>,
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

    /// The name of an interface's functions with their types; `None` if it has no functions. Errors call it `shown`.
    fn interface(&mut self, id: InterfaceId, shown: &str) -> Option<String> {
        let interface = &self.resolve.interfaces[id];
        let mut functions = String::new();
        for function in interface.functions.values() {
            if let Some(types) = self.function(function) {
                let _ = writeln!(functions, "  {}: {types},", lower_camel(&function.name));
            }
        }
        if functions.is_empty() {
            return None;
        }
        let name = self.name(interface.name.as_deref().unwrap_or("interface"));
        let _ = write!(
            self.definitions,
            "const {name} = {{ of: {shown:?}, functions: {{\n{functions}}} }};\n"
        );
        Some(name)
    }

    fn function(&mut self, function: &Function) -> Option<String> {
        if function.kind != FunctionKind::Freestanding {
            return None;
        }
        let takes: Vec<String> = function
            .params
            .iter()
            .map(|param| {
                let ty = self.of(&param.ty);
                format!("{{ name: \"{}\", type: {ty} }}", lower_camel(&param.name))
            })
            .collect();
        let (gives, fails) = self.result(function).unwrap_or((function.result, None));
        let is = self.is(gives, fails);
        let mut of = |ty: Option<Type>| ty.map_or_else(|| "null".to_owned(), |ty| self.of(&ty));
        let (gives, fails) = (of(gives), of(fails));
        Some(format!(
            "{{ name: \"{}\", takes: [{}], gives: {gives}, fails: {fails}{is} }}",
            lower_camel(&function.name),
            takes.join(", "),
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

    /// Whether it is `run` or `describe` of a skill, by the types that only these have.
    fn is(&self, gives: Option<Type>, fails: Option<Type>) -> &'static str {
        match (self.of_contract(gives), self.of_contract(fails)) {
            (_, Some("skill-error")) => ", is: \"run\"",
            (Some("description"), _) => ", is: \"describe\"",
            _ => "",
        }
    }

    /// The name of a type of `mcp:tools/types`, which a world may know by an alias.
    fn of_contract(&self, ty: Option<Type>) -> Option<&'a str> {
        let Some(Type::Id(mut id)) = ty else {
            return None;
        };
        while let TypeDefKind::Type(Type::Id(other)) = self.resolve.types[id].kind {
            id = other;
        }
        let ty = &self.resolve.types[id];
        let wit_parser::TypeOwner::Interface(owner) = ty.owner else {
            return None;
        };
        let package = &self.resolve.packages[self.resolve.interfaces[owner].package?].name;
        let is_contract = package.namespace == "mcp" && package.name == "tools";
        ty.name.as_deref().filter(|_| is_contract)
    }

    /// The expression for a type.
    fn of(&mut self, ty: &Type) -> String {
        let name = match ty {
            Type::U8 => "u8",
            Type::U16 => "u16",
            Type::U32 => "u32",
            Type::U64 => "u64",
            Type::S8 => "s8",
            Type::S16 => "s16",
            Type::S32 => "s32",
            Type::S64 => "s64",
            Type::Bool => "bool",
            Type::F32 | Type::F64 => "float",
            Type::Char => "char",
            Type::String => "string",
            Type::ErrorContext => "any",
            Type::Id(id) => return self.of_id(*id),
        };
        format!("t.{name}")
    }

    fn of_id(&mut self, id: TypeId) -> String {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let ty = &self.resolve.types[id];
        let definition = self.definition(&ty.kind);
        let expression = match (&ty.name, &ty.kind) {
            (Some(label), TypeDefKind::Type(Type::String)) if label == "json" => {
                "t.json".to_owned()
            }
            // An alias is what it stands for.
            (_, TypeDefKind::Type(_)) | (None, _) => definition,
            (Some(label), _) => {
                let name = self.name(label);
                let _ = writeln!(self.definitions, "const {name} = {definition};");
                name
            }
        };
        self.known.insert(id, expression.clone());
        expression
    }

    fn definition(&mut self, kind: &TypeDefKind) -> String {
        match kind {
            TypeDefKind::Type(ty) => self.of(ty),
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter().map(|field| {
                    let name = lower_camel(&field.name);
                    format!("{name}: {}", self.of(&field.ty))
                });
                let fields: Vec<String> = fields.collect();
                format!("t.record({{ {} }})", fields.join(", "))
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant
                    .cases
                    .iter()
                    .map(|case| (case.name.as_str(), case.ty));
                self.variant(cases)
            }
            TypeDefKind::Result(result) => self.variant([("ok", result.ok), ("err", result.err)]),
            TypeDefKind::Option(ty) if crate::typescript::is_option(self.resolve, ty) => {
                self.variant([("some", Some(*ty)), ("none", None)])
            }
            TypeDefKind::Option(ty) => format!("t.option({})", self.of(ty)),
            TypeDefKind::List(Type::U8) => "t.bytes".to_owned(),
            TypeDefKind::List(ty) | TypeDefKind::FixedLengthList(ty, _) => {
                format!("t.list({})", self.of(ty))
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<String> = tuple.types.iter().map(|ty| self.of(ty)).collect();
                format!("t.tuple([{}])", types.join(", "))
            }
            TypeDefKind::Map(key, value) => format!("t.map({}, {})", self.of(key), self.of(value)),
            TypeDefKind::Enum(cases) => {
                let cases: Vec<String> = cases
                    .cases
                    .iter()
                    .map(|case| format!("{:?}", case.name))
                    .collect();
                format!("t.oneOf([{}])", cases.join(", "))
            }
            TypeDefKind::Flags(_)
            | TypeDefKind::Resource
            | TypeDefKind::Handle(_)
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Unknown => "t.any".to_owned(),
        }
    }

    fn variant<'c>(&mut self, cases: impl IntoIterator<Item = (&'c str, Option<Type>)>) -> String {
        let cases: Vec<String> = cases
            .into_iter()
            .map(|(name, ty)| {
                let ty = ty.map_or_else(|| "null".to_owned(), |ty| self.of(&ty));
                format!("{name:?}: {ty}")
            })
            .collect();
        format!("t.variant({{ {} }})", cases.join(", "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn each_function_is_checked_and_keeps_its_name() {
        let mut resolve = Resolve::default();
        let package = resolve
            .push_str(
                "x.wit",
                "package a:b@1.2.0;
                interface types { record point { x: u64, y: option<f64> } type json = string; enum mood { fine, sad } }
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
                  export default: func(text: json) -> result<mood, string>;
                  export say: func(text: string) -> string;
                  use types.{point, json, mood};
                }",
            )
            .unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let Entry {
            types,
            module,
            console,
        } = entry(&resolve, world, "../../src/skill.js");
        assert_eq!(types, include_str!("javascript/expected/types.js"));
        assert_eq!(module, include_str!("javascript/expected/skill.js"));
        // Without `mcp:tools/log` there is nowhere to write.
        assert_eq!(console, WRITTEN);
    }
}
