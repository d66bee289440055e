//! What a component imports, by who serves it.

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
    /// Something that this host does not serve.
    Unknown(String),
}

/// All of them, in the order in which the component names them.
pub(super) fn of(component: &Component) -> Vec<Import> {
    let engine = component.engine();
    let mut imports = Vec::new();
    for (name, item) in component.component_type().imports(engine) {
        if name.starts_with("wasi:") {
            imports.push(Import::Wasi(name.to_owned()));
        } else if contract::INTERFACES.contains(&name) {
            imports.push(Import::Contract(name.to_owned()));
        } else if let Some(server) = typed_server(name)
            && let ComponentItem::ComponentInstance(instance) = &item.ty
        {
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
        } else if !only_types(&item.ty, engine) {
            imports.push(Import::Unknown(name.to_owned()));
        }
    }
    imports
}

/// An interface of types alone needs nobody to serve it: exported interfaces use the types of such ones.
fn only_types(item: &ComponentItem, engine: &wasmtime::Engine) -> bool {
    let ComponentItem::ComponentInstance(instance) = item else {
        return false;
    };
    instance
        .exports(engine)
        .all(|(_, export)| matches!(export.ty, ComponentItem::Type(_)))
}

/// `github` of `mcp-server:github/tools`.
pub(crate) fn typed_server(instance: &str) -> Option<&str> {
    instance.strip_prefix("mcp-server:")?.strip_suffix("/tools")
}
