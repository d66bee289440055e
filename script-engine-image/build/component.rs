//! Replaces the module of the engine within its component by one that is initialized.

use crate::{Result, snapshot};

/// `\0asm`, version 13, layer 1.
const HEADER: [u8; 8] = [0, b'a', b's', b'm', 13, 0, 1, 0];

/// The section of a component that has a core module.
const CORE_MODULE: u8 = 1;

/// The component with the engine initialized.
pub(crate) fn initialized(component: &[u8]) -> Result<Vec<u8>> {
    let mut rest = component
        .strip_prefix(&HEADER)
        .ok_or("the engine is no component")?;
    let mut made = HEADER.to_vec();
    let mut modules = 0;
    while let Some((id, contents, after)) = section(rest)? {
        rest = after;
        let engine = id == CORE_MODULE && snapshot::is_engine(contents)?;
        let replaced = if engine {
            Some(snapshot::initialized(contents)?)
        } else {
            None
        };
        modules += usize::from(engine);
        let contents = replaced.as_deref().unwrap_or(contents);
        made.push(id);
        leb(contents.len(), &mut made)?;
        made.extend_from_slice(contents);
    }
    if modules != 1 {
        return Err(format!(
            "the component has {modules} modules that export `initialize`, not one"
        ));
    }
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(&made)
        .map_err(|error| format!("the initialized engine is not valid: {error}"))?;
    Ok(made)
}

/// The id of a section, its contents, and what follows it.
type Section<'a> = (u8, &'a [u8], &'a [u8]);

/// The first section.
fn section(bytes: &[u8]) -> Result<Option<Section<'_>>> {
    let Some((id, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let mut reader = wasmparser::BinaryReader::new(rest, 0);
    let size = reader.read_var_u32().map_err(|error| error.to_string())?;
    let start = reader.original_position();
    let end = start + usize::try_from(size).map_err(|error| error.to_string())?;
    let contents = rest.get(start..end).ok_or("a section is cut off")?;
    Ok(Some((*id, contents, &rest[end..])))
}

fn leb(value: usize, bytes: &mut Vec<u8>) -> Result<()> {
    let mut value = u32::try_from(value).map_err(|error| error.to_string())?;
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    Ok(())
}
