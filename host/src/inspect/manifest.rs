//! The permission manifest: a component can use what it imports, and nothing else.

use serde::Serialize;
use wit_parser::{InterfaceId, Resolve, TypeDefKind, TypeId, WorldId, WorldItem};

use crate::component::skill::ServedBy;

/// What a component can do. Interfaces are listed by full name, functions by label.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Manifest {
    /// Tools that it imports by typed functions.
    pub tools: Vec<Tool>,
    /// Functions that call any tool by its name, each call under a grant: `call-tool`, `call-tools`.
    pub calls_by_name: Vec<String>,
    /// Functions on files: `read-file` and `list-dir` see the catalog and granted directories, `write-file` those
    /// granted for writing.
    pub files: Vec<String>,
    /// Functions on the skill's own state.
    pub state: Vec<String>,
    /// Functions of the log.
    pub log: Vec<String>,
    /// WASI interfaces.
    pub wasi: Vec<String>,
    /// Imports that this host does not provide: the component does not link without another skill.
    pub unknown: Vec<String>,
}

/// One tool that a component imports with types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tool {
    /// The label of the server: `SERVER` of `mcp-server:SERVER/tools`.
    pub server: String,
    /// The label of the function.
    pub function: String,
}

impl Manifest {
    pub(super) fn of(resolve: &Resolve, world: WorldId) -> Self {
        let mut manifest = Self::default();
        for (key, item) in &resolve.worlds[world].imports {
            let name = resolve.name_world_key(key);
            match item {
                WorldItem::Interface { id, .. } => {
                    let functions = resolve.interfaces[*id].functions.keys().cloned();
                    manifest.add(name, functions, only_types(resolve, *id));
                }
                WorldItem::Function(_) => manifest.unknown.push(name),
                // A type can do nothing.
                WorldItem::Type { .. } => {}
            }
        }
        manifest
    }

    fn add(
        &mut self,
        interface: String,
        functions: impl Iterator<Item = String>,
        only_types: bool,
    ) {
        match ServedBy::of(&interface) {
            ServedBy::Wasi => self.wasi.push(interface),
            ServedBy::Server(server) => self.tools.extend(functions.map(|function| Tool {
                server: server.to_owned(),
                function,
            })),
            ServedBy::Contract => match interface.as_str() {
                "mcp:tools/tools@0.1.0" => self.calls_by_name.extend(functions),
                "mcp:tools/files@0.1.0" => self.files.extend(functions),
                "mcp:tools/state@0.1.0" => self.state.extend(functions),
                "mcp:tools/log@0.1.0" => self.log.extend(functions),
                // `types` has no functions.
                _ => {}
            },
            ServedBy::None if only_types => {}
            ServedBy::None => self.unknown.push(interface),
        }
    }
}

/// Whether an interface has neither functions nor resources, and so needs no provider.
fn only_types(resolve: &Resolve, interface: InterfaceId) -> bool {
    let interface = &resolve.interfaces[interface];
    let is_resource = |id: &TypeId| matches!(resolve.types[*id].kind, TypeDefKind::Resource);
    interface.functions.is_empty() && !interface.types.values().any(is_resource)
}
