//! Whether a component may make the host work for it without using up fuel: such a component needs epochs, so that it
//! gives its thread back all the same. Reads the bytes once, skips code, and says yes to what it does not know.
//!
//! Three things use next to no fuel. The host converts the strings of a call between inner components of the component.
//! It copies what goes through streams and futures. And it looks at each frame of the stack for an exception.

use wasmparser::{
    BinaryReaderError, CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentTypeRef, Parser, Payload,
};

/// Whether the component may do so. A component that cannot be read may do anything.
pub(super) fn is_possible(bytes: &[u8]) -> bool {
    read(bytes).unwrap_or(true)
}

fn read(bytes: &[u8]) -> Result<bool, BinaryReaderError> {
    let mut root = Root::default();
    // Modules and components that are open. The first is the component itself.
    let mut open = 0_usize;
    let mut found = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match payload {
            Payload::Version { .. } => open += 1,
            Payload::End(_) => open = open.saturating_sub(1),
            payload if open == 1 => {
                found |= root.section(payload)?;
            }
            // A component inside of it, and not a module: the root of a module is closed to these. A component that
            // has no code is there to name the functions of the other one.
            Payload::ModuleSection { .. }
            | Payload::InstanceSection(_)
            | Payload::ComponentCanonicalSection(_)
            | Payload::ComponentStartSection { .. } => return Ok(true),
            // Only a module with a tag can throw, or one that gets the tag from it.
            Payload::TagSection(_) => return Ok(true),
            _ => {}
        }
    }
    Ok(found)
}

/// The index spaces of the component itself: whether the host provides the function or the instance.
#[derive(Default)]
struct Root {
    functions: Vec<bool>,
    instances: Vec<bool>,
}

impl Root {
    fn section(&mut self, payload: Payload<'_>) -> Result<bool, BinaryReaderError> {
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    match import?.ty {
                        ComponentTypeRef::Func(_) => self.functions.push(true),
                        ComponentTypeRef::Instance(_) => self.instances.push(true),
                        ComponentTypeRef::Module(_) | ComponentTypeRef::Component(_) => {
                            return Ok(true);
                        }
                        ComponentTypeRef::Value(_) | ComponentTypeRef::Type(_) => {}
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    let (ComponentInstance::Instantiate { .. } | ComponentInstance::FromExports(_)) =
                        instance?;
                    self.instances.push(false);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    if let ComponentAlias::InstanceExport {
                        kind,
                        instance_index,
                        ..
                    } = alias?
                    {
                        self.again(kind, is_hosts(&self.instances, instance_index));
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    let of = match export.kind {
                        ComponentExternalKind::Instance => &self.instances,
                        _ => &self.functions,
                    };
                    self.again(export.kind, is_hosts(of, export.index));
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    if self.canonical(&function?) {
                        return Ok(true);
                    }
                }
            }
            Payload::ComponentStartSection { .. } => return Ok(true),
            _ => {}
        }
        Ok(false)
    }

    /// Gives a thing one more index.
    fn again(&mut self, kind: ComponentExternalKind, is_hosts: bool) {
        match kind {
            ComponentExternalKind::Func => self.functions.push(is_hosts),
            ComponentExternalKind::Instance => self.instances.push(is_hosts),
            _ => {}
        }
    }

    /// Whether this function may make the host work. Those that are listed take about as long each time.
    fn canonical(&mut self, function: &CanonicalFunction) -> bool {
        match function {
            CanonicalFunction::Lift { .. } => {
                self.functions.push(false);
                false
            }
            // A call of the host: it is charged for what it copies, and looks at the clock.
            CanonicalFunction::Lower { func_index, .. } => !is_hosts(&self.functions, *func_index),
            CanonicalFunction::ResourceNew { .. }
            | CanonicalFunction::ResourceDrop { .. }
            | CanonicalFunction::ResourceRep { .. }
            | CanonicalFunction::BackpressureInc
            | CanonicalFunction::BackpressureDec
            | CanonicalFunction::TaskReturn { .. }
            | CanonicalFunction::TaskCancel
            | CanonicalFunction::ThreadYield { .. }
            | CanonicalFunction::ContextGet { .. }
            | CanonicalFunction::ContextSet { .. }
            | CanonicalFunction::SubtaskDrop
            | CanonicalFunction::SubtaskCancel { .. }
            | CanonicalFunction::WaitableSetNew
            | CanonicalFunction::WaitableSetWait { .. }
            | CanonicalFunction::WaitableSetPoll { .. }
            | CanonicalFunction::WaitableSetDrop
            | CanonicalFunction::WaitableJoin => false,
            _ => true,
        }
    }
}

fn is_hosts(of: &[bool], index: u32) -> bool {
    usize::try_from(index).is_ok_and(|index| of.get(index).copied().unwrap_or(false))
}

#[cfg(test)]
#[path = "unfueled/tests.rs"]
mod tests;
