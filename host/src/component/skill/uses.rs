//! Bounds how much the types of a component are in all their uses: Wasmtime translates a type as a tree, anew for each
//! function that is lifted or lowered and each item that is imported or exported, inside of inner components too. Reads
//! the validator's types, which share what is shared, so that it takes as long as the types are written. Knows no WIT.

use std::collections::HashMap;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentFuncTypeId, ComponentInstanceTypeId, ComponentTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use super::LoadError;
use super::types::{USES, used_too_much};

/// Reads the component except its code. `Ok(false)` for one that is not valid: the compiler says why.
pub(super) fn check(bytes: &[u8]) -> Result<bool, LoadError> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut uses = Uses::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else {
            return Ok(false);
        };
        match validator.payload(&payload) {
            // Code has no types of components.
            Ok(ValidPayload::Func(..) | ValidPayload::Ok | ValidPayload::Parser(_)) => {}
            Ok(ValidPayload::End(_)) => continue,
            Err(_) => return Ok(false),
        }
        let Some(types) = validator.types(0) else {
            continue;
        };
        if uses.section(types, &payload).is_none() {
            return Ok(false);
        }
        if uses.all > USES {
            return Err(used_too_much());
        }
    }
    Ok(true)
}

#[derive(Default)]
struct Uses {
    all: u64,
    defined: HashMap<ComponentDefinedTypeId, u64>,
    functions: HashMap<ComponentFuncTypeId, u64>,
    instances: HashMap<ComponentInstanceTypeId, u64>,
    components: HashMap<ComponentTypeId, u64>,
}

impl Uses {
    fn add(&mut self, parts: u64) {
        self.all = self.all.saturating_add(parts);
    }

    /// Counts what one section uses. `None` if it cannot be read.
    fn section(&mut self, types: TypesRef<'_>, payload: &Payload<'_>) -> Option<()> {
        match payload {
            Payload::ComponentCanonicalSection(section) => {
                // The functions that the section makes are the last ones.
                for function in section.clone() {
                    match function.ok()? {
                        CanonicalFunction::Lift { type_index, .. } => {
                            let parts = self.any(types, types.component_any_type_at(type_index));
                            self.add(parts);
                        }
                        CanonicalFunction::Lower { func_index, .. } => {
                            let parts =
                                self.function(types, types.component_function_at(func_index));
                            self.add(parts);
                        }
                        CanonicalFunction::StreamNew { ty }
                        | CanonicalFunction::StreamRead { ty, .. }
                        | CanonicalFunction::StreamWrite { ty, .. }
                        | CanonicalFunction::FutureNew { ty }
                        | CanonicalFunction::FutureRead { ty, .. }
                        | CanonicalFunction::FutureWrite { ty, .. } => {
                            let parts = self.any(types, types.component_any_type_at(ty));
                            self.add(parts);
                        }
                        _ => {}
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let name = import.ok()?.name.name;
                    let item = types.component_item_for_import(name)?;
                    let parts = self.entity(types, &item.ty);
                    self.add(parts);
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let name = export.ok()?.name.name;
                    let item = types.component_item_for_export(name)?;
                    let parts = self.entity(types, &item.ty);
                    self.add(parts);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn entity(&mut self, types: TypesRef<'_>, entity: &ComponentEntityType) -> u64 {
        match entity {
            ComponentEntityType::Module(_) => 1,
            ComponentEntityType::Func(id) => self.function(types, *id),
            ComponentEntityType::Value(ty) => self.value(types, ty),
            ComponentEntityType::Type { referenced, .. } => self.any(types, *referenced),
            ComponentEntityType::Instance(id) => self.instance(types, *id),
            ComponentEntityType::Component(id) => self.component(types, *id),
        }
    }

    fn any(&mut self, types: TypesRef<'_>, id: ComponentAnyTypeId) -> u64 {
        match id {
            ComponentAnyTypeId::Resource(_) => 1,
            ComponentAnyTypeId::Defined(id) => self.defined(types, id),
            ComponentAnyTypeId::Func(id) => self.function(types, id),
            ComponentAnyTypeId::Instance(id) => self.instance(types, id),
            ComponentAnyTypeId::Component(id) => self.component(types, id),
        }
    }

    fn instance(&mut self, types: TypesRef<'_>, id: ComponentInstanceTypeId) -> u64 {
        if let Some(known) = self.instances.get(&id) {
            return *known;
        }
        let parts = types.get(id).map_or(1, |instance| {
            let items = instance.exports.values();
            sum(items.map(|item| self.entity(types, &item.ty)))
        });
        self.instances.insert(id, parts);
        parts
    }

    fn component(&mut self, types: TypesRef<'_>, id: ComponentTypeId) -> u64 {
        if let Some(known) = self.components.get(&id) {
            return *known;
        }
        let parts = types.get(id).map_or(1, |component| {
            let items = component.imports.values().chain(component.exports.values());
            sum(items.map(|item| self.entity(types, &item.ty)))
        });
        self.components.insert(id, parts);
        parts
    }

    fn function(&mut self, types: TypesRef<'_>, id: ComponentFuncTypeId) -> u64 {
        if let Some(known) = self.functions.get(&id) {
            return *known;
        }
        let parts = types.get(id).map_or(1, |function| {
            let params = function.params.iter().map(|(_, ty)| ty);
            sum(params
                .chain(&function.result)
                .map(|ty| self.value(types, ty)))
        });
        self.functions.insert(id, parts);
        parts
    }

    fn value(&mut self, types: TypesRef<'_>, ty: &ComponentValType) -> u64 {
        match ty {
            ComponentValType::Primitive(_) => 1,
            ComponentValType::Type(id) => self.defined(types, *id),
        }
    }

    fn values<'t>(
        &mut self,
        types: TypesRef<'_>,
        values: impl IntoIterator<Item = &'t ComponentValType>,
    ) -> u64 {
        sum(values.into_iter().map(|ty| self.value(types, ty)))
    }

    /// The validator rejects types that are nested more than a hundred deep.
    fn defined(&mut self, types: TypesRef<'_>, id: ComponentDefinedTypeId) -> u64 {
        if let Some(known) = self.defined.get(&id) {
            return *known;
        }
        let parts = types.get(id).map_or(1, |ty| match ty {
            ComponentDefinedType::Primitive(_)
            | ComponentDefinedType::Own(_)
            | ComponentDefinedType::Borrow(_) => 1,
            ComponentDefinedType::Record(record) => self.values(types, record.fields.values()),
            ComponentDefinedType::Variant(variant) => {
                let payloads = self.values(
                    types,
                    variant.cases.values().filter_map(|case| case.ty.as_ref()),
                );
                payloads.saturating_add(variant.cases.len() as u64)
            }
            ComponentDefinedType::List { element, .. }
            | ComponentDefinedType::FixedLengthList { element, .. } => self.value(types, element),
            ComponentDefinedType::Map { key, value, .. } => self.values(types, [key, value]),
            ComponentDefinedType::Tuple(tuple) => self.values(types, &tuple.types),
            ComponentDefinedType::Flags(names) | ComponentDefinedType::Enum(names) => {
                names.len() as u64
            }
            ComponentDefinedType::Option { ty, .. } => self.value(types, ty),
            ComponentDefinedType::Result { ok, err, .. } => {
                self.values(types, ok.iter().chain(err))
            }
            ComponentDefinedType::Future { ty, .. } | ComponentDefinedType::Stream { ty, .. } => {
                self.values(types, ty)
            }
        });
        let parts = parts.saturating_add(1);
        self.defined.insert(id, parts);
        parts
    }
}

fn sum(parts: impl Iterator<Item = u64>) -> u64 {
    parts.fold(1, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// A tuple of 2^levels numbers, and what uses it.
    fn component(levels: usize, rest: &str) -> Vec<u8> {
        let types: String = (1..=levels)
            .map(|level| format!("(type $t{level} (tuple $t{0} $t{0}))", level - 1))
            .collect();
        let text = format!("(component (type $t0 (tuple u8)) {types} {rest})");
        wat::parse_str(text).unwrap()
    }

    const CORE: &str = r#"
        (core module $m (memory (export "memory") 1)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable) (func (export "f") (param i32)))
        (core instance $i (instantiate $m))"#;

    fn lifts(outer: &str, ty: &str, count: usize) -> String {
        let lift = format!(
            r#"(func (param "p" {ty}) (canon lift (core func $i "f")
              (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))"#
        );
        format!("{outer} {CORE} {}", lift.repeat(count))
    }

    #[test]
    fn a_type_counts_as_often_as_a_function_has_it_however_deep_inside() {
        let inside = |count: usize| {
            let lifts = lifts("(alias outer 1 $t10 (type $t))", "$t", count);
            component(
                10,
                &format!("(component $c {lifts}) (instance (instantiate $c))"),
            )
        };
        assert!(matches!(check(&inside(10)), Ok(true)));
        let error = check(&inside(1_000)).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the functions of the component")
        );
        let error = check(&component(10, &lifts("", "$t10", 1_000))).unwrap_err();
        assert!(matches!(error, LoadError::TypesTooLarge { .. }), "{error}");
    }

    #[test]
    fn what_no_decoder_of_wit_reads_counts_too() {
        // A core module that is exported, which WIT cannot say.
        let module = "(core module $x) (export \"x\" (core module $x))";
        let interfaces = |count: usize| {
            let functions: String = (0..100)
                .map(|n| format!("(export \"g{n}\" (func (param \"p\" $t10)))"))
                .collect();
            let imports: String = (0..count)
                .map(|n| format!("(import \"i:i/i{n}\" (instance (alias outer 1 $t10 (type $t10)) {functions}))"))
                .collect();
            component(10, &format!("{module} {imports}"))
        };
        assert!(matches!(check(&interfaces(1)), Ok(true)));
        assert!(check(&interfaces(10)).is_err());
        assert!(super::super::decoded::check_bytes(&interfaces(10)).is_err());
    }

    #[test]
    fn a_component_that_is_not_valid_is_left_to_the_compiler() {
        let whole = component(3, "");
        assert!(matches!(check(&whole), Ok(true)));
        assert!(matches!(check(&whole[..whole.len() - 1]), Ok(false)));
    }
}
