//! The imports of a component, by provider.

use wasmtime::component::Component;
use wasmtime::component::types::{ComponentFunc, ComponentItem};

use crate::contract;

/// One thing that a component imports.
pub(crate) enum Import {
    /// An interface of `mcp:tools`, by its full name.
    Contract(String),
    /// A WASI interface, by its full name.
    Wasi(String),
    /// A typed tool: one function of `mcp-server:SERVER/tools`.
    Tool {
        /// `mcp-server:SERVER/tools`, as the component names it.
        instance: String,
        /// `SERVER`.
        server: String,
        /// The function's label.
        label: String,
        /// Its type in the component.
        ty: ComponentFunc,
    },
    /// What only the script engine imports.
    Script,
    /// An interface that this host does not provide.
    Unknown(String),
}

impl Import {
    /// An interface that is not that of a server.
    pub(crate) fn interface(name: &str) -> Self {
        match ServedBy::of(name) {
            ServedBy::Wasi => Self::Wasi(name.to_owned()),
            ServedBy::Contract => Self::Contract(name.to_owned()),
            ServedBy::Server(_) | ServedBy::None => Self::Unknown(name.to_owned()),
        }
    }
}

/// All imports, in the order of the component.
pub(super) fn of(component: &Component) -> Vec<Import> {
    let engine = component.engine();
    let mut imports = Vec::new();
    for (name, item) in component.component_type().imports(engine) {
        match (ServedBy::of(name), &item.ty) {
            (ServedBy::Wasi, _) => imports.push(Import::Wasi(name.to_owned())),
            (ServedBy::Contract, _) => imports.push(Import::Contract(name.to_owned())),
            (ServedBy::Server(server), ComponentItem::ComponentInstance(instance)) => {
                for (label, export) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(ty) = export.ty {
                        imports.push(Import::Tool {
                            instance: name.to_owned(),
                            server: server.to_owned(),
                            label: label.to_owned(),
                            ty,
                        });
                    }
                }
            }
            (ServedBy::Server(_) | ServedBy::None, ty) if !only_types(ty, engine) => {
                imports.push(Import::Unknown(name.to_owned()));
            }
            (ServedBy::Server(_) | ServedBy::None, _) => {}
        }
    }
    imports
}

/// Whether an interface holds only types, and so needs no provider: exported interfaces use the types of such ones.
fn only_types(item: &ComponentItem, engine: &wasmtime::Engine) -> bool {
    let ComponentItem::ComponentInstance(instance) = item else {
        return false;
    };
    instance
        .exports(engine)
        .all(|(_, export)| matches!(export.ty, ComponentItem::Type(_)))
}

/// The provider of an interface. Linking, `inspect` and [`Needs`](super::Needs) all use this one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServedBy<'n> {
    /// The host, as an interface of `mcp:tools`.
    Contract,
    /// The host, as an interface of WASI.
    Wasi,
    /// The tools of a server, by its label.
    Server(&'n str),
    /// Not provided by this host; another skill may provide it.
    None,
}

impl<'n> ServedBy<'n> {
    pub(crate) fn of(interface: &'n str) -> Self {
        if contract::INTERFACES.contains(&interface) {
            Self::Contract
        } else if is_served_wasi(interface) {
            Self::Wasi
        } else if let Some(server) = typed_server(interface) {
            Self::Server(server)
        } else {
            Self::None
        }
    }
}

/// The packages of WASI 0.2 that a skill's standard library needs. Network and HTTP are left to tools. `wasi:sockets`
/// is linked because the libraries of Python and C import it; the host rejects every use of it.
fn is_served_wasi(name: &str) -> bool {
    const PACKAGES: [&str; 6] = [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:io/",
        "wasi:random/",
        "wasi:sockets/",
    ];
    name.contains("@0.2.") && PACKAGES.iter().any(|package| name.starts_with(package))
}

/// Whether an exported interface is that of an ordinary `main`.
pub(crate) fn is_program(export: &str) -> bool {
    export.starts_with("wasi:cli/run@0.2.")
}

/// `github` of `mcp-server:github/tools`.
pub(super) fn typed_server(instance: &str) -> Option<&str> {
    instance.strip_prefix("mcp-server:")?.strip_suffix("/tools")
}
