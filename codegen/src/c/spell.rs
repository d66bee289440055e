//! The spelling of names in `wit-bindgen-c`: their parts, and the conversion of one label.

use wit_parser::{Handle, Resolve, Type, TypeDefKind, TypeId, WorldKey};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Import,
    Export,
}

/// The keywords of C17 that a label can spell.
pub(super) const KEYWORDS: [&str; 34] = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "while",
];

pub(super) fn identifier(resolve: &Resolve, key: &WorldKey, side: Side) -> String {
    let id = match key {
        WorldKey::Name(name) => return snake(name),
        WorldKey::Interface(id) => *id,
    };
    let interface = &resolve.interfaces[id];
    let mut parts = Vec::new();
    if side == Side::Export {
        parts.push("exports".to_owned());
    }
    if let Some(package) = interface.package {
        let own = &resolve.packages[package].name;
        parts.extend([snake(&own.namespace), snake(&own.name)]);
        let several = resolve.packages.iter().any(|(_, other)| {
            let other = &other.name;
            (&other.namespace, &other.name) == (&own.namespace, &own.name)
                && other.version != own.version
        });
        if let Some(version) = own.version.as_ref().filter(|_| several) {
            parts.push(version.to_string().replace(['.', '-', '+'], "_"));
        }
    }
    parts.push(snake(interface.name.as_deref().unwrap_or_default()));
    parts.join("_")
}

/// The part of a type's name that describes its kind.
pub(super) fn encoded(resolve: &Resolve, ty: &Type) -> String {
    let of = |ty: &Type| encoded(resolve, ty);
    let or_void = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "void".to_owned(), of);
    let id = match ty {
        Type::Bool => return "bool".to_owned(),
        Type::Char => return "char32".to_owned(),
        Type::U8 => return "u8".to_owned(),
        Type::S8 => return "s8".to_owned(),
        Type::U16 => return "u16".to_owned(),
        Type::S16 => return "s16".to_owned(),
        Type::U32 => return "u32".to_owned(),
        Type::S32 => return "s32".to_owned(),
        Type::U64 => return "u64".to_owned(),
        Type::S64 => return "s64".to_owned(),
        Type::F32 => return "f32".to_owned(),
        Type::F64 => return "f64".to_owned(),
        Type::String => return "string".to_owned(),
        Type::ErrorContext => return "error_context".to_owned(),
        Type::Id(id) => &resolve.types[*id],
    };
    if let Some(name) = &id.name {
        return snake(name);
    }
    match &id.kind {
        TypeDefKind::Type(ty) => of(ty),
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<String> = tuple.types.iter().map(of).collect();
            format!("tuple{}_{}", types.len(), types.join("_"))
        }
        TypeDefKind::Option(ty) => format!("option_{}", of(ty)),
        TypeDefKind::Result(result) => {
            format!("result_{}_{}", or_void(&result.ok), or_void(&result.err))
        }
        TypeDefKind::List(ty) | TypeDefKind::FixedLengthList(ty, _) => format!("list_{}", of(ty)),
        TypeDefKind::Map(key, value) => format!("map_{}_{}", of(key), of(value)),
        TypeDefKind::Future(ty) => format!("future_{}", or_void(ty)),
        TypeDefKind::Stream(ty) => format!("stream_{}", or_void(ty)),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own_{}", of(&Type::Id(*id))),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow_{}", of(&Type::Id(*id))),
        // These have a name.
        TypeDefKind::Record(_)
        | TypeDefKind::Resource
        | TypeDefKind::Flags(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Variant(_)
        | TypeDefKind::Unknown => String::new(),
    }
}

/// Whether the type contains no named type.
pub(super) fn is_built_in(resolve: &Resolve, ty: &Type) -> bool {
    let Type::Id(id) = ty else {
        return true;
    };
    let of = |ty: &Type| is_built_in(resolve, ty);
    let ty = &resolve.types[*id];
    ty.name.is_none()
        && match &ty.kind {
            TypeDefKind::List(ty) | TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => of(ty),
            TypeDefKind::Tuple(tuple) => tuple.types.iter().all(of),
            TypeDefKind::Map(key, value) => of(key) && of(value),
            TypeDefKind::Record(_)
            | TypeDefKind::Resource
            | TypeDefKind::Handle(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Result(_)
            | TypeDefKind::FixedLengthList(..)
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Unknown => false,
        }
}

pub(super) fn is_resource(resolve: &Resolve, id: TypeId) -> bool {
    match resolve.types[id].kind {
        TypeDefKind::Resource => true,
        TypeDefKind::Type(Type::Id(of)) => is_resource(resolve, of),
        _ => false,
    }
}

/// `list-commits` -> `list_commits`, `[method]point.get` -> `method_point_get`
pub(super) fn snake(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("_")
}
