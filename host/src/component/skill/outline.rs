//! Reads a component except its code: how much its modules declare, and which modules are instantiated with what. Reads
//! each section once, skips code, and validates nothing: loading rejects invalid components.

mod declared;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, DataKind, ElementItems, ElementKind, Encoding, Instance, KnownCustom,
    Name, Parser, Payload, SectionLimited,
};

use super::nesting;
use super::unread::Unread;

pub(super) use declared::{Def, Kind, Made, Module, Outline, Scope};

/// The most levels of nested components.
pub(super) const MAX_DEPTH: usize = 64;

/// The module or component that a section belongs to.
#[derive(Clone, Copy)]
enum Open {
    Module(usize),
    Scope(usize),
}

impl<'a> Outline<'a> {
    /// Stops at more than `most` parts, so that its own memory is bounded.
    pub(super) fn read(bytes: &'a [u8], most: u64) -> Result<Self, Unread> {
        let mut outline = Self::default();
        let mut open = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding, .. } => {
                    if open.len() > MAX_DEPTH {
                        return Err(Unread::TooDeep);
                    }
                    open.push(outline.begin(encoding));
                }
                Payload::End(_) => {
                    open.pop();
                }
                Payload::ComponentTypeSection(section) if !open.is_empty() => {
                    let range = section.range();
                    let bytes = bytes.get(range.clone()).ok_or(Unread::Malformed)?;
                    outline.streams |= nesting::scan(bytes, range.start)?;
                    outline.parts += weigh(&section, 4);
                    if let Some(Open::Scope(at)) = open.last() {
                        outline.scopes[*at].parts += weigh(&section, 4);
                    }
                }
                payload => match open.last() {
                    Some(Open::Module(at)) => outline.in_module(*at, payload)?,
                    Some(Open::Scope(at)) => outline.in_scope(*at, payload)?,
                    None => return Err(Unread::Malformed),
                },
            }
            if outline.parts > most {
                return Err(Unread::TooMany);
            }
        }
        Ok(outline)
    }

    fn begin(&mut self, encoding: Encoding) -> Open {
        self.parts += 1;
        match encoding {
            Encoding::Module => {
                self.modules.push(Module::default());
                Open::Module(self.modules.len() - 1)
            }
            Encoding::Component => {
                self.scopes.push(Scope::default());
                Open::Scope(self.scopes.len() - 1)
            }
        }
    }

    // Long: one arm for each kind of section.
    fn in_module(&mut self, at: usize, payload: Payload<'a>) -> Result<(), Unread> {
        let module = &mut self.modules[at];
        self.parts += match payload {
            Payload::TypeSection(section) => weigh(&section, 8),
            Payload::ImportSection(section) => {
                let parts = weigh(&section, 32);
                for import in section.into_imports() {
                    import?;
                    module.imports += 1;
                }
                parts.max(module.imports)
            }
            Payload::FunctionSection(section) => {
                module.functions += counted(&section);
                self.functions += counted(&section);
                0
            }
            Payload::TableSection(section) => {
                module.tables += counted(&section);
                weigh(&section, 32)
            }
            Payload::MemorySection(section) => {
                module.memories += counted(&section);
                weigh(&section, 32)
            }
            Payload::TagSection(section) => {
                module.tags += counted(&section);
                weigh(&section, 32)
            }
            Payload::GlobalSection(section) => {
                // A global is smaller than the rest.
                module.globals += counted(&section);
                counted(&section) / 5
            }
            Payload::ExportSection(section) => {
                module.exports += counted(&section);
                weigh(&section, 32)
            }
            Payload::ElementSection(section) => {
                let mut parts = weigh(&section, 64);
                for element in section {
                    let element = element?;
                    let items = match &element.items {
                        ElementItems::Functions(items) => counted(items),
                        ElementItems::Expressions(_, items) => counted(items),
                    };
                    module.elements += items;
                    if matches!(element.kind, ElementKind::Passive) {
                        module.passive_elements += items;
                    }
                    parts += items;
                }
                parts
            }
            Payload::DataSection(section) => {
                let mut parts = 0;
                for data in section {
                    let data = data?;
                    module.segments += 1;
                    parts += 1;
                    if matches!(data.kind, DataKind::Active { .. }) {
                        module.data += data.data.len() as u64;
                    }
                }
                parts
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(names) => {
                    // Names that cannot be read are no reason to reject a component.
                    let functions = names.filter_map(|name| match name {
                        Ok(Name::Function(map)) => Some(u64::from(map.count())),
                        _ => None,
                    });
                    let named: u64 = functions.sum();
                    named.saturating_sub(module.imports + module.functions)
                }
                _ => 0,
            },
            _ => 0,
        };
        Ok(())
    }

    fn in_scope(&mut self, at: usize, payload: Payload<'a>) -> Result<(), Unread> {
        let (modules, scopes) = (self.modules.len(), self.scopes.len());
        let is_inside = at > 0;
        let scope = &mut self.scopes[at];
        let parts = match payload {
            Payload::ModuleSection { .. } => {
                scope.modules.push(Def::Own(modules));
                1
            }
            Payload::ComponentSection { .. } => {
                scope.components.push(Def::Own(scopes));
                1
            }
            Payload::InstanceSection(section) => {
                let parts = weigh(&section, 8);
                for instance in section {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        scope.instantiated.push(module_index);
                    }
                }
                parts
            }
            Payload::CoreTypeSection(section) => weigh(&section, 4),
            Payload::ComponentCanonicalSection(section) => {
                scope.links += counted(&section);
                let parts = weigh(&section, 32);
                for function in section {
                    match function? {
                        CanonicalFunction::Lift { .. } => self.lifts_inside |= is_inside,
                        CanonicalFunction::Lower { options, .. } => {
                            self.calls_ahead |= options.contains(&CanonicalOption::Async);
                        }
                        _ => {}
                    }
                }
                parts
            }
            Payload::ComponentInstanceSection(section) => {
                let parts = weigh(&section, 8);
                for instance in section {
                    scope.instances.push(Def::Own(scope.made.len()));
                    scope.made.push(made(instance?));
                }
                parts
            }
            Payload::ComponentAliasSection(section) => {
                let parts = weigh(&section, 32);
                for alias in section {
                    scope.alias(&alias?);
                }
                parts
            }
            Payload::ComponentImportSection(section) => {
                let parts = weigh(&section, 16);
                for import in section {
                    let import = import?;
                    if let Some(kind) = kind(import.ty.kind()) {
                        scope.defs_mut(kind).push(Def::Import(import.name.name));
                    }
                }
                parts
            }
            Payload::ComponentExportSection(section) => {
                let parts = weigh(&section, 16);
                for export in section {
                    let export = export?;
                    if let Some(kind) = kind(export.kind) {
                        scope.defs_mut(kind).push(Def::Same(export.index));
                        scope.exports.insert(export.name.name, (kind, export.index));
                    }
                }
                parts
            }
            _ => 0,
        };
        scope.parts += parts;
        self.parts += parts;
        Ok(())
    }
}

impl<'a> Scope<'a> {
    pub(super) fn defs(&self, kind: Kind) -> &[Def<'a>] {
        match kind {
            Kind::Module => &self.modules,
            Kind::Component => &self.components,
            Kind::Instance => &self.instances,
        }
    }

    fn defs_mut(&mut self, kind: Kind) -> &mut Vec<Def<'a>> {
        match kind {
            Kind::Module => &mut self.modules,
            Kind::Component => &mut self.components,
            Kind::Instance => &mut self.instances,
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'a>) {
        match *alias {
            ComponentAlias::InstanceExport {
                kind: of,
                instance_index,
                name,
            } => {
                if let Some(kind) = kind(of) {
                    self.defs_mut(kind).push(Def::Export {
                        instance: instance_index,
                        name,
                    });
                }
            }
            ComponentAlias::Outer { kind, count, index } => {
                let kind = match kind {
                    ComponentOuterAliasKind::CoreModule => Kind::Module,
                    ComponentOuterAliasKind::Component => Kind::Component,
                    ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => return,
                };
                self.defs_mut(kind).push(Def::Outer { count, index });
            }
            ComponentAlias::CoreInstanceExport { .. } => {}
        }
    }
}

fn made(instance: ComponentInstance<'_>) -> Made<'_> {
    match instance {
        ComponentInstance::Instantiate {
            component_index,
            args,
        } => Made::Instantiate {
            component: component_index,
            args: args
                .iter()
                .filter_map(|arg| Some((arg.name, kind(arg.kind)?, arg.index)))
                .collect(),
        },
        ComponentInstance::FromExports(exports) => Made::FromExports(
            exports
                .iter()
                .filter_map(|export| Some((export.name.name, kind(export.kind)?, export.index)))
                .collect(),
        ),
    }
}

fn kind(kind: ComponentExternalKind) -> Option<Kind> {
    match kind {
        ComponentExternalKind::Module => Some(Kind::Module),
        ComponentExternalKind::Component => Some(Kind::Component),
        ComponentExternalKind::Instance => Some(Kind::Instance),
        ComponentExternalKind::Func
        | ComponentExternalKind::Value
        | ComponentExternalKind::Type => None,
    }
}

/// What a section says that it holds, but no more than there are bytes for.
fn counted<T>(section: &SectionLimited<'_, T>) -> u64 {
    u64::from(section.count()).min(section.range().len() as u64)
}

/// The entries of a section, and one more for each `per` bytes: an entry may hold many things, and names of any length.
fn weigh<T>(section: &SectionLimited<'_, T>, per: u64) -> u64 {
    counted(section) + section.range().len() as u64 / per
}
