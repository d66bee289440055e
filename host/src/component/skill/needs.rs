//! The servers that a component needs, read from its bytes, so that they can start while it is compiled.

use std::collections::BTreeSet;

use wasmparser::{
    Chunk, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentType,
    ComponentTypeRef, Encoding, InstanceTypeDeclaration, Parser, Payload,
};

use super::imports::{Import, typed_server};
use super::nesting;
use crate::contract;

/// The most bytes of types and imports that are read: no other limit bounds the cost of a hostile component here.
const MOST_BEFORE_CODE: usize = 1 << 20;

/// The servers and tools that a component imports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    pub(crate) tools: Vec<NeededTool>,
    reads_catalog: bool,
}

/// One tool that a component imports with types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NeededTool {
    /// `mcp-server:SERVER/tools`, as the component names it.
    pub(crate) instance: String,
    /// `SERVER`.
    pub(crate) server: String,
    /// The function's label.
    pub(crate) label: String,
}

impl Needs {
    /// Reads the imports of a component, but none of its code. Returns `None` for bytes that are not a component, for a
    /// component with imports behind its code (no toolchain puts them there), and for one with more than a MiB of
    /// types. In these cases only a loaded [`Skill`](super::Skill) knows the imports. Validates nothing: loading
    /// rejects invalid components.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut parser = Parser::new(0);
        let mut types = Some(Types::default());
        let mut needs = Self::default();
        let mut at = 0;
        loop {
            let (payload, consumed) = match parser.parse(bytes.get(at..)?, true).ok()? {
                Chunk::Parsed { payload, consumed } => (payload, consumed),
                Chunk::NeedMoreData(_) => return None,
            };
            at += consumed;
            if types.is_some() && at > MOST_BEFORE_CODE {
                return None;
            }
            match payload {
                Payload::Version {
                    encoding: Encoding::Module,
                    ..
                } => return None,
                Payload::ModuleSection {
                    unchecked_range, ..
                }
                | Payload::ComponentSection {
                    unchecked_range, ..
                } => {
                    types = None;
                    at += unchecked_range.len();
                }
                Payload::ComponentImportSection(section) => {
                    let types = types.as_mut()?;
                    for import in section {
                        let import = import.ok()?;
                        needs.add(import.name.name, types.instance(import.ty)?);
                        types.named(import.ty);
                    }
                }
                Payload::End(_) => return Some(needs),
                payload => {
                    if let Some(types) = &mut types {
                        if let Payload::ComponentTypeSection(section) = &payload {
                            let range = section.range();
                            nesting::scan(bytes.get(range.clone())?, range.start).ok()?;
                        }
                        types.define(payload)?;
                    }
                }
            }
        }
    }

    /// Those of a script.
    pub(crate) fn with(tools: Vec<NeededTool>, reads_catalog: bool) -> Self {
        Self {
            tools,
            reads_catalog,
        }
    }

    fn add(&mut self, name: &str, functions: &[&str]) {
        self.reads_catalog |= reads_catalog(name);
        let Some(server) = typed_server(name) else {
            return;
        };
        for label in functions {
            self.tools.push(NeededTool {
                instance: name.to_owned(),
                server: server.to_owned(),
                label: (*label).to_owned(),
            });
        }
    }

    pub(super) fn of(imports: &[Import]) -> Self {
        let mut needs = Self::default();
        for import in imports {
            match import {
                Import::Contract(name) => needs.reads_catalog |= reads_catalog(name),
                Import::Tool {
                    instance,
                    server,
                    label,
                    ..
                } => needs.tools.push(NeededTool {
                    instance: instance.clone(),
                    server: server.clone(),
                    label: label.clone(),
                }),
                Import::Wasi(_) | Import::Script | Import::Unknown(_) => {}
            }
        }
        needs
    }

    /// The servers whose tools are imported with types: `NAME` of `mcp-server:NAME/tools`.
    #[must_use]
    pub fn servers(&self) -> BTreeSet<&str> {
        self.tools.iter().map(|tool| tool.server.as_str()).collect()
    }

    /// Whether the skill can name servers at run time: it imports `call-tool`, or the catalog as files.
    #[must_use]
    pub fn reads_catalog(&self) -> bool {
        self.reads_catalog
    }
}

/// Whether the functions of this interface take names of servers.
fn reads_catalog(interface: &str) -> bool {
    contract::INTERFACES.contains(&interface)
        && ["mcp:tools/tools@", "mcp:tools/files@"]
            .iter()
            .any(|start| interface.starts_with(start))
}

/// The types of a component, by their index: the functions of those that are types of instances.
#[derive(Default)]
struct Types<'a>(Vec<Vec<&'a str>>);

impl<'a> Types<'a> {
    /// Counts what a section defines.
    fn define(&mut self, section: Payload<'a>) -> Option<()> {
        match section {
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    self.0.push(functions(ty.ok()?));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    if let ComponentAlias::InstanceExport {
                        kind: ComponentExternalKind::Type,
                        ..
                    }
                    | ComponentAlias::Outer {
                        kind: ComponentOuterAliasKind::Type,
                        ..
                    } = alias.ok()?
                    {
                        self.0.push(Vec::new());
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    if export.ok()?.kind == ComponentExternalKind::Type {
                        self.0.push(Vec::new());
                    }
                }
            }
            _ => {}
        }
        Some(())
    }

    /// Counts what is imported.
    fn named(&mut self, ty: ComponentTypeRef) {
        if let ComponentTypeRef::Type(_) = ty {
            self.0.push(Vec::new());
        }
    }

    /// The functions of an imported instance; empty if the import is not an instance.
    fn instance(&self, ty: ComponentTypeRef) -> Option<&[&'a str]> {
        match ty {
            ComponentTypeRef::Instance(index) => {
                Some(self.0.get(usize::try_from(index).ok()?)?.as_slice())
            }
            _ => Some(&[]),
        }
    }
}

fn functions(ty: ComponentType<'_>) -> Vec<&str> {
    let ComponentType::Instance(declared) = ty else {
        return Vec::new();
    };
    let functions = declared.iter().filter_map(|declared| match declared {
        InstanceTypeDeclaration::Export {
            name,
            ty: ComponentTypeRef::Func(_),
        } => Some(name.name),
        _ => None,
    });
    functions.collect()
}
