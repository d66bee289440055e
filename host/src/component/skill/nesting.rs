//! How deep the types of a component are nested, and whether streams or futures carry values that are read one by one.
//! Reads without recursion: all later readers of types are recursive, and a stack overflow ends the host.

use wasmparser::{
    BinaryReader, ComponentAlias, ComponentDefinedType, ComponentExternName, ComponentImport,
    ComponentType, ComponentTypeRef, ComponentValType, CoreType, PrimitiveValType,
};

use super::unread::Unread;

/// The most types of components and instances that are written inside of one another. Toolchains write three.
const MAX_NESTING: usize = 64;

/// Reads one section of types. Says whether it has streams or futures of more than plain numbers.
pub(super) fn scan(section: &[u8], offset: usize) -> Result<bool, Unread> {
    let mut reader = BinaryReader::new(section, offset);
    let mut streams = false;
    for _ in 0..reader.read_var_u32()? {
        streams |= one(&mut reader)?;
    }
    Ok(streams)
}

/// A type that declares others, and how many of these are left to read.
struct Open {
    left: u32,
    imports: bool,
}

fn one(reader: &mut BinaryReader<'_>) -> Result<bool, Unread> {
    let mut streams = false;
    let mut open = Vec::new();
    streams |= begin(reader, &mut open)?;
    while let Some(inner) = open.last_mut() {
        if inner.left == 0 {
            open.pop();
            continue;
        }
        inner.left -= 1;
        match reader.read_u8()? {
            0x00 => {
                reader.read::<CoreType<'_>>()?;
            }
            0x01 => streams |= begin(reader, &mut open)?,
            0x02 => {
                reader.read::<ComponentAlias<'_>>()?;
            }
            0x03 if inner.imports => {
                reader.read::<ComponentImport<'_>>()?;
            }
            0x04 => {
                reader.read::<ComponentExternName<'_>>()?;
                reader.read::<ComponentTypeRef>()?;
            }
            _ => return Err(Unread::Malformed),
        }
    }
    Ok(streams)
}

/// Reads a type that holds no other, or opens one that does.
fn begin(reader: &mut BinaryReader<'_>, open: &mut Vec<Open>) -> Result<bool, Unread> {
    const COMPONENT: u8 = 0x41;
    const INSTANCE: u8 = 0x42;
    let kind = reader.clone().read_u8()?;
    if !matches!(kind, COMPONENT | INSTANCE) {
        return Ok(match reader.read::<ComponentType<'_>>()? {
            ComponentType::Defined(
                ComponentDefinedType::Stream(Some(ty)) | ComponentDefinedType::Future(Some(ty)),
            ) => !is_plain(ty),
            _ => false,
        });
    }
    reader.read_u8()?;
    if open.len() >= MAX_NESTING {
        return Err(Unread::TooDeep);
    }
    open.push(Open {
        left: reader.read_var_u32()?,
        imports: kind == COMPONENT,
    });
    Ok(false)
}

/// Numbers are copied as bytes.
fn is_plain(ty: ComponentValType) -> bool {
    match ty {
        ComponentValType::Primitive(ty) => !matches!(
            ty,
            PrimitiveValType::String | PrimitiveValType::ErrorContext
        ),
        ComponentValType::Type(_) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::component::skill::{Footprint, LoadError, Needs};

    /// A component of one type, with so many inside of one another.
    fn nested(kind: u8, levels: usize) -> Vec<u8> {
        let mut types = vec![1];
        types.extend([kind, 1, 1].repeat(levels));
        types.extend([kind, 0]);
        let mut bytes = b"\0asm\x0d\0\x01\0\x07".to_vec();
        let mut length = types.len();
        while length > 0x7f {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend(types);
        bytes
    }

    #[test]
    fn types_nested_without_end_are_refused_before_a_stack_overflows() {
        for kind in [0x41, 0x42] {
            let shallow = nested(kind, MAX_NESTING - 1);
            assert!(Footprint::of(&shallow).unwrap().is_some());
            assert!(Needs::read(&shallow).is_some());
            for levels in [MAX_NESTING, 100_000] {
                let deep = nested(kind, levels);
                let error = Footprint::of(&deep).unwrap_err();
                assert!(matches!(error, LoadError::TooDeep { .. }), "{error}");
                assert_eq!(Needs::read(&deep), None);
            }
        }
    }

    #[test]
    fn streams_of_more_than_numbers_are_seen_wherever_they_are_declared() {
        let streams = |types: &str| {
            let bytes = wat::parse_str(format!("(component {types})")).unwrap();
            Footprint::of(&bytes).unwrap().unwrap().streams
        };
        assert!(!streams(
            "(type (stream u8)) (type (future)) (type (list string))"
        ));
        assert!(streams("(type (stream string))"));
        assert!(streams(
            "(type $r (record (field \"a\" u8))) (type (future $r))"
        ));
        assert!(streams(
            "(component (type (instance (type (stream string)))))"
        ));
        assert!(streams("(import \"i\" (instance (type (stream string))))"));
    }
}
