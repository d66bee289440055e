//! The TypeScript declarations of a JavaScript skill's imports, with the values as `componentize-qjs` passes them.
//! Takes parsed WIT and returns text; the host's build and `mcp-codegen new` write it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wit_parser::{
    Docs, Function, Handle, Interface, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner,
    WorldId, WorldItem,
};

/// One `declare module` for each interface that the world imports, and for each interface whose types these use.
#[must_use]
pub fn declarations(resolve: &Resolve, world: WorldId) -> String {
    let mut wanted: BTreeSet<(String, InterfaceId)> = BTreeSet::new();
    let mut has_console = false;
    for item in resolve.worlds[world].imports.values() {
        if let WorldItem::Interface { id, .. } = item {
            add(resolve, *id, &mut wanted);
            has_console |= resolve
                .id_of(*id)
                .is_some_and(|name| name.starts_with("mcp:tools/log@"));
        }
    }
    let mut out = String::from(
        "// What the skill imports, written by `mcp-host build` from the WIT beside it. Do not edit.\n",
    );
    if has_console {
        out.push_str(CONSOLE);
    }
    for (name, id) in &wanted {
        // A `String` takes any text.
        let _ = write!(out, "\ndeclare module {name:?} {{\n");
        out.push_str(&interface(resolve, *id, &resolve.interfaces[*id]));
        out.push_str("}\n");
    }
    out
}

/// What the build makes of `mcp:tools/log`. An interface, which merges with that of a library such as `dom`.
const CONSOLE: &str = "
/** Writes events to the log of the run. */
interface Console {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  assert(holds?: unknown, ...values: unknown[]): void;
  dir(value?: unknown): void;
  table(value?: unknown): void;
}
declare var console: Console;
";

fn add(resolve: &Resolve, id: InterfaceId, wanted: &mut BTreeSet<(String, InterfaceId)>) {
    let Some(name) = resolve.id_of(id) else {
        return;
    };
    if wanted.insert((name, id)) {
        for (_, from, _) in foreign(resolve, &resolve.interfaces[id]) {
            add(resolve, from, wanted);
        }
    }
}

/// The types that an interface uses from others: the local name, the interface, and the name there.
fn foreign(resolve: &Resolve, interface: &Interface) -> Vec<(String, InterfaceId, String)> {
    interface
        .types
        .iter()
        .filter_map(|(name, id)| {
            let TypeDefKind::Type(Type::Id(other)) = resolve.types[*id].kind else {
                return None;
            };
            match (resolve.types[other].owner, &resolve.types[other].name) {
                (TypeOwner::Interface(from), Some(there))
                    if resolve.types[*id].owner != TypeOwner::Interface(from) =>
                {
                    Some((upper_camel(name), from, upper_camel(there)))
                }
                _ => None,
            }
        })
        .collect()
}

fn interface(resolve: &Resolve, id: InterfaceId, interface: &Interface) -> String {
    let mut out = String::new();
    let foreign = foreign(resolve, interface);
    for (own, from, there) in &foreign {
        let from = resolve.id_of(*from).unwrap_or_default();
        let alias = if own == there {
            own.clone()
        } else {
            format!("{there} as {own}")
        };
        let _ = writeln!(out, "  import type {{ {alias} }} from {from:?};");
    }
    for (name, ty) in &interface.types {
        let name = upper_camel(name);
        if foreign.iter().any(|(own, ..)| *own == name) {
            continue;
        }
        docs(&mut out, &resolve.types[*ty].docs, "  ");
        definition(&mut out, resolve, &name, *ty);
    }
    if interface.functions.is_empty() {
        return out;
    }
    let local = variable(
        resolve.interfaces[id]
            .name
            .as_deref()
            .unwrap_or("functions"),
    );
    let _ = writeln!(out, "  const {local}: {{");
    for function in interface.functions.values() {
        docs(&mut out, &function.docs, "    ");
        let _ = writeln!(out, "    {};", signature(resolve, function));
    }
    let _ = writeln!(out, "  }};\n  export default {local};");
    out
}

/// The signature. An error of the function's `result` is thrown, as an object with the error in `payload`.
fn signature(resolve: &Resolve, function: &Function) -> String {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|param| format!("{}: {}", variable(&param.name), of(resolve, &param.ty)))
        .collect();
    let result = match function.result {
        None => "void".to_owned(),
        Some(Type::Id(id)) => match &resolve.types[id].kind {
            TypeDefKind::Result(result) => result
                .ok
                .as_ref()
                .map_or_else(|| "void".to_owned(), |ok| of(resolve, ok)),
            _ => of(resolve, &Type::Id(id)),
        },
        Some(ty) => of(resolve, &ty),
    };
    let name = match lower_camel(function.item_name()) {
        // Unquoted, it would declare a constructor.
        name if name == "new" => "\"new\"".to_owned(),
        name => name,
    };
    format!("{name}({}): {result}", params.join(", "))
}

fn definition(out: &mut String, resolve: &Resolve, name: &str, id: TypeId) {
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let _ = writeln!(out, "  export interface {name} {{");
            for field in &record.fields {
                docs(out, &field.docs, "    ");
                let field_type = of(resolve, &field.ty);
                let _ = writeln!(out, "    {}: {field_type};", lower_camel(&field.name));
            }
            out.push_str("  }\n");
        }
        TypeDefKind::Flags(flags) => {
            let _ = writeln!(out, "  export interface {name} {{");
            for flag in &flags.flags {
                let _ = writeln!(out, "    {}: boolean;", lower_camel(&flag.name));
            }
            out.push_str("  }\n");
        }
        TypeDefKind::Enum(cases) => {
            let cases: Vec<String> = cases
                .cases
                .iter()
                .map(|case| format!("{:?}", case.name))
                .collect();
            let _ = writeln!(out, "  export type {name} = {};", cases.join(" | "));
        }
        TypeDefKind::Variant(variant) => {
            let _ = write!(out, "  export type {name} =");
            for case in &variant.cases {
                let value = match &case.ty {
                    None => String::new(),
                    Some(ty) => format!("; val: {}", of(resolve, ty)),
                };
                let _ = write!(out, "\n    | {{ tag: {:?}{value} }}", case.name);
            }
            out.push_str(";\n");
        }
        TypeDefKind::Resource => {
            let _ = writeln!(out, "  export interface {name} {{}}");
        }
        kind => {
            let _ = writeln!(out, "  export type {name} = {};", anonymous(resolve, kind));
        }
    }
}

/// A type where it is used.
fn of(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".to_owned(),
        // 64-bit integers too: beyond 2^53 they are not exact.
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::S8
        | Type::S16
        | Type::S32
        | Type::S64
        | Type::F32
        | Type::F64 => "number".to_owned(),
        Type::Char | Type::String => "string".to_owned(),
        Type::ErrorContext => "unknown".to_owned(),
        Type::Id(id) => match &resolve.types[*id].name {
            Some(name) => upper_camel(name),
            None => anonymous(resolve, &resolve.types[*id].kind),
        },
    }
}

fn anonymous(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let of = |ty: &Type| of(resolve, ty);
    match kind {
        TypeDefKind::Type(ty) => of(ty),
        TypeDefKind::Option(ty) if is_option(resolve, ty) => {
            format!("{{ tag: \"some\"; val: {} }} | {{ tag: \"none\" }}", of(ty))
        }
        TypeDefKind::Option(ty) => format!("{} | null", of(ty)),
        TypeDefKind::List(Type::U8) => "Uint8Array".to_owned(),
        TypeDefKind::List(ty) | TypeDefKind::FixedLengthList(ty, _) => {
            let element = of(ty);
            if element.contains(' ') {
                format!("({element})[]")
            } else {
                format!("{element}[]")
            }
        }
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<String> = tuple.types.iter().map(of).collect();
            format!("[{}]", types.join(", "))
        }
        TypeDefKind::Map(key, value) => format!("Map<{}, {}>", of(key), of(value)),
        TypeDefKind::Result(result) => {
            let val = |ty: &Option<Type>| match ty {
                None => String::new(),
                Some(ty) => format!("; val: {}", of(ty)),
            };
            format!(
                "{{ tag: \"ok\"{} }} | {{ tag: \"err\"{} }}",
                val(&result.ok),
                val(&result.err)
            )
        }
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => of(&Type::Id(*id)),
        // Named kinds are written at their definition; skills have no streams and futures.
        TypeDefKind::Record(_)
        | TypeDefKind::Flags(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Variant(_)
        | TypeDefKind::Resource
        | TypeDefKind::Future(_)
        | TypeDefKind::Stream(_)
        | TypeDefKind::Unknown => "unknown".to_owned(),
    }
}

pub(crate) fn is_option(resolve: &Resolve, ty: &Type) -> bool {
    match ty {
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Option(_) => true,
            TypeDefKind::Type(ty) => is_option(resolve, ty),
            _ => false,
        },
        _ => false,
    }
}

/// Writes a comment that nothing in the text can end.
fn docs(out: &mut String, docs: &Docs, indent: &str) {
    let Some(text) = &docs.contents else {
        return;
    };
    let text = text.replace("*/", "* /");
    let lines: Vec<&str> = text.trim().lines().collect();
    if let [line] = lines[..] {
        let _ = writeln!(out, "{indent}/** {line} */");
        return;
    }
    let _ = writeln!(out, "{indent}/**");
    for line in lines {
        let _ = writeln!(out, "{}", format!("{indent} * {line}").trim_end());
    }
    let _ = writeln!(out, "{indent} */");
}

/// `list-commits-params` -> `ListCommitsParams`
#[must_use]
pub fn upper_camel(label: &str) -> String {
    label.split('-').map(capital).collect()
}

/// `list-commits` -> `listCommits`
#[must_use]
pub fn lower_camel(label: &str) -> String {
    let mut words = label.split('-');
    let first = words.next().unwrap_or_default().to_ascii_lowercase();
    std::iter::once(first).chain(words.map(capital)).collect()
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
}

/// The label as the name of a constant or a parameter.
fn variable(label: &str) -> String {
    let name = lower_camel(label);
    if RESERVED.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// The words that cannot name a variable in a module.
pub(crate) const RESERVED: [&str; 46] = [
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

#[cfg(test)]
#[path = "typescript/tests.rs"]
mod tests;
