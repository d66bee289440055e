//! The names that `wit-bindgen-c` 0.60 gives to the items of a world. The generator does not check for duplicates. The
//! C compiler finds duplicate names, but of two macros it uses the later one for both. Takes parsed WIT and writes
//! nothing; the host's build rejects clashes.

use std::collections::{HashMap, HashSet};

mod spell;

use thiserror::Error;
use wit_parser::{
    Function, Handle, InterfaceId, LiveTypes, Resolve, Type, TypeDefKind, TypeId, TypeOwner, World,
    WorldId, WorldItem, WorldKey,
};

use crate::docs::without_members;

use self::spell::{KEYWORDS, Side, encoded, identifier, is_built_in, is_resource, snake};

/// The names of a world's items, with the name `prefix` for the world itself.
#[must_use]
pub fn names(resolve: &Resolve, world: WorldId, prefix: &str) -> Names {
    let mut resolve = resolve.clone();
    // As the generator does: an interface that is imported and exported has types of its own on each side.
    resolve.generate_nominal_type_ids(world);
    let mut writer = Writer {
        resolve: &resolve,
        prefix: snake(prefix),
        side: Side::Import,
        key: None,
        types: HashSet::new(),
        freed: HashSet::new(),
        shared: HashSet::new(),
        names: Names::default(),
    };
    writer.helpers();
    writer.world(world);
    writer.names
}

/// The C names of a world's items.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Functions and types, which share one namespace: the name, and its item.
    pub identifiers: HashMap<String, String>,
    /// The same of constants, with their value.
    pub macros: HashMap<String, (String, String)>,
    /// Names that make the bindings fail, or silently wrong.
    pub clashes: Vec<Clash>,
}

/// Why a world has no C bindings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Clash {
    /// Two items have one name.
    #[error("{first} and {second} have the same name in C, `{name}`")]
    Shared {
        /// The name.
        name: String,
        /// The item that comes first.
        first: String,
        /// The other one.
        second: String,
    },
    /// A name that is a keyword of C.
    #[error("{item} has a name in C that is a keyword, `{name}`")]
    Keyword {
        /// The name.
        name: String,
        /// The item.
        item: String,
    },
}

/// Walks a world in the order of the generator: the order of two items decides which namespace a type belongs to.
struct Writer<'a> {
    resolve: &'a Resolve,
    prefix: String,
    side: Side,
    /// The interface that is being written; `None`: the items of the world itself.
    key: Option<&'a WorldKey>,
    /// The types that have their name already.
    types: HashSet<TypeId>,
    /// Those with a function that frees them.
    freed: HashSet<TypeId>,
    /// Unnamed types that consist only of built-in ones: the whole world shares each of them.
    shared: HashSet<String>,
    names: Names,
}

impl<'a> Writer<'a> {
    fn helpers(&mut self) {
        for name in ["t", "set", "dup", "dup_n", "free"] {
            let name = format!("{}_string_{name}", self.prefix);
            self.identifier(name, "what every skill has for its texts".to_owned());
        }
    }

    fn world(&mut self, world: WorldId) {
        let resolve = self.resolve;
        let world = &resolve.worlds[world];
        let (mut functions, mut live) = (Vec::new(), LiveTypes::default());
        for (key, item) in &world.imports {
            match item {
                WorldItem::Interface { id, .. } => self.interface(key, *id),
                WorldItem::Function(function) => functions.push(function),
                WorldItem::Type { id, .. } => live.add_type_id(resolve, *id),
            }
        }
        self.define(&live);
        self.functions(&functions);

        self.side = Side::Export;
        let functions: Vec<&Function> = world
            .exports
            .values()
            .filter_map(|item| match item {
                WorldItem::Function(function) => Some(function),
                WorldItem::Interface { .. } | WorldItem::Type { .. } => None,
            })
            .collect();
        self.functions(&functions);
        self.forget(world);
        for (key, item) in &world.exports {
            if let WorldItem::Interface { id, .. } = item {
                self.interface(key, *id);
            }
        }
    }

    /// Exported interfaces define their types anew, except those that they use from imported interfaces.
    fn forget(&mut self, world: &World) {
        let resolve = self.resolve;
        let mut used = LiveTypes::default();
        let mut exported = HashSet::new();
        for item in world.exports.values() {
            if let WorldItem::Interface { id, .. } = item {
                exported.insert(*id);
                used.add_interface(resolve, *id);
            }
        }
        let mut kept = LiveTypes::default();
        for id in used.iter() {
            match resolve.types[id].owner {
                TypeOwner::Interface(of) if !exported.contains(&of) => {
                    kept.add_interface(resolve, of);
                }
                _ => {}
            }
        }
        self.types.retain(|id| kept.contains(*id));
        self.freed.retain(|id| kept.contains(*id));
    }

    fn interface(&mut self, key: &'a WorldKey, id: InterfaceId) {
        self.key = Some(key);
        let mut live = LiveTypes::default();
        live.add_interface(self.resolve, id);
        self.define(&live);
        for function in self.resolve.interfaces[id].functions.values() {
            self.function(function);
        }
        self.key = None;
    }

    fn functions(&mut self, functions: &[&Function]) {
        let mut live = LiveTypes::default();
        for function in functions {
            live.add_func(self.resolve, function);
        }
        self.define(&live);
        for function in functions {
            self.function(function);
        }
    }

    fn function(&mut self, function: &Function) {
        let item = format!("function `{}`{}", function.name, self.of());
        let namespace = match (self.key, self.side) {
            (Some(key), side) => identifier(self.resolve, key, side),
            (None, Side::Import) => self.prefix.clone(),
            (None, Side::Export) => format!("exports_{}", self.prefix),
        };
        for param in &function.params {
            self.member(&param.name, || {
                format!("parameter `{}` of {item}", param.name)
            });
        }
        self.identifier(format!("{namespace}_{}", snake(&function.name)), item);
    }

    fn define(&mut self, live: &LiveTypes) {
        let resolve = self.resolve;
        for id in live.iter() {
            if self.types.contains(&id) {
                continue;
            }
            let ty = &resolve.types[id];
            let encoded = encoded(resolve, &Type::Id(id));
            let shared = ty.name.is_none() && is_built_in(resolve, &Type::Id(id));
            let namespace = if shared {
                self.prefix.clone()
            } else {
                self.namespace(id)
            };
            let stem = format!("{namespace}_{encoded}");
            self.types.insert(id);
            if shared && !self.shared.insert(stem.clone()) {
                continue;
            }
            let item = match &ty.name {
                Some(name) => format!("type `{name}`{}", self.of()),
                None => format!("an anonymous `{encoded}`{}", self.of()),
            };
            match &ty.kind {
                TypeDefKind::Handle(Handle::Own(of) | Handle::Borrow(of))
                    if !matches!(resolve.types[*of].kind, TypeDefKind::Type(_)) =>
                {
                    continue;
                }
                TypeDefKind::Resource => self.resource(&namespace, &encoded, &item),
                TypeDefKind::Type(_) if is_resource(resolve, id) => {}
                kind => {
                    if matches!(kind, TypeDefKind::Map(..)) {
                        self.identifier(format!("{stem}_entry_t"), format!("an entry of {item}"));
                    }
                    self.identifier(format!("{stem}_t"), item.clone());
                    self.members(kind, &stem, &item);
                }
            }
            if self.is_freed(&ty.kind) {
                self.freed.insert(id);
                self.identifier(format!("{stem}_free"), format!("what frees {item}"));
            }
        }
    }

    fn members(&mut self, kind: &TypeDefKind, stem: &str, item: &str) {
        match kind {
            TypeDefKind::Record(record) => {
                for field in &record.fields {
                    self.member(&field.name, || format!("field `{}` of {item}", field.name));
                }
            }
            TypeDefKind::Variant(variant) => {
                for (at, case) in variant.cases.iter().enumerate() {
                    let about = || format!("case `{}` of {item}", case.name);
                    if case.ty.is_some() {
                        self.member(&case.name, about);
                    }
                    self.constant(stem, &case.name, at.to_string(), about());
                }
            }
            TypeDefKind::Enum(cases) => {
                for (at, case) in cases.cases.iter().enumerate() {
                    let about = format!("case `{}` of {item}", case.name);
                    self.constant(stem, &case.name, at.to_string(), about);
                }
            }
            TypeDefKind::Flags(flags) => {
                for (at, flag) in flags.flags.iter().enumerate() {
                    let about = format!("flag `{}` of {item}", flag.name);
                    self.constant(stem, &flag.name, format!("(1 << {at})"), about);
                }
            }
            without_members!() => {}
        }
    }

    fn resource(&mut self, namespace: &str, name: &str, item: &str) {
        let both = ["own_{}_t", "borrow_{}_t", "{}_drop_own"];
        let only: &[&str] = match self.side {
            Side::Import => &["{}_drop_borrow", "borrow_{}"],
            Side::Export => &["{}_t", "{}_new", "{}_rep", "{}_destructor"],
        };
        for form in both.iter().chain(only) {
            let name = format!("{namespace}_{}", form.replace("{}", name));
            self.identifier(name, item.to_owned());
        }
    }

    /// Whether the function that frees such a type has a body; otherwise the generator omits it.
    fn is_freed(&self, kind: &TypeDefKind) -> bool {
        let freed = |ty: &Type| match ty {
            Type::String => true,
            Type::Id(id) => self.freed.contains(id),
            _ => false,
        };
        match kind {
            TypeDefKind::Type(ty) => freed(ty),
            TypeDefKind::Record(record) => record.fields.iter().any(|field| freed(&field.ty)),
            TypeDefKind::Tuple(tuple) => tuple.types.iter().any(freed),
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => freed(&Type::Id(*id)),
            TypeDefKind::List(_)
            | TypeDefKind::FixedLengthList(..)
            | TypeDefKind::Map(..)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Option(_)
            | TypeDefKind::Result(_) => true,
            TypeDefKind::Flags(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Resource
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Unknown => false,
        }
    }

    fn namespace(&self, id: TypeId) -> String {
        match (self.resolve.types[id].owner, self.key) {
            (TypeOwner::World(_), _) | (TypeOwner::None, None) => self.prefix.clone(),
            (TypeOwner::Interface(_) | TypeOwner::None, Some(key)) => {
                identifier(self.resolve, key, self.side)
            }
            (TypeOwner::Interface(of), None) => {
                identifier(self.resolve, &WorldKey::Interface(of), self.side)
            }
        }
    }

    /// The place of the items, in words.
    fn of(&self) -> String {
        match self.key {
            None => " of the world".to_owned(),
            Some(key @ WorldKey::Interface(id)) => {
                let package = self.resolve.interfaces[*id].package;
                match package.map(|package| &self.resolve.packages[package].name) {
                    Some(name) if name.namespace == "mcp-server" => {
                        format!(" of server `{}`", name.name)
                    }
                    _ => format!(" of `{}`", self.resolve.name_world_key(key)),
                }
            }
            Some(WorldKey::Name(name)) => format!(" of `{name}`"),
        }
    }

    fn identifier(&mut self, name: String, item: String) {
        if let Some(first) = self.names.identifiers.get(&name) {
            self.names.clashes.push(Clash::Shared {
                first: first.clone(),
                second: item,
                name,
            });
        } else {
            self.names.identifiers.insert(name, item);
        }
    }

    fn constant(&mut self, stem: &str, name: &str, value: String, item: String) {
        let name = format!("{stem}_{}", snake(name)).to_ascii_uppercase();
        match self.names.macros.get(&name) {
            // Both mean the same.
            Some((other, _)) if *other == value => {}
            Some((_, first)) => self.names.clashes.push(Clash::Shared {
                first: first.clone(),
                second: item,
                name,
            }),
            None => {
                self.names.macros.insert(name, (value, item));
            }
        }
    }

    /// A name inside a function or a type, where other items do not matter.
    fn member(&mut self, name: &str, item: impl Fn() -> String) {
        let written = snake(name);
        // The generator appends an underscore to all of them except one, if they are spelled as in C.
        if KEYWORDS.contains(&written.as_str()) && (name != written || name == "restrict") {
            self.names.clashes.push(Clash::Keyword {
                name: written,
                item: item(),
            });
        }
    }
}
