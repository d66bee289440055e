//! Checks of a component's bytes that take little time and memory, made before compiling.

use super::LoadError;

/// The largest component that is read and compiled, in bytes: fuel does not cover compiling.
pub const MAX_COMPONENT: usize = 64 << 20;

/// Rejects bytes that are not a component, or that are too long.
pub(crate) fn header(bytes: &[u8]) -> Result<(), LoadError> {
    const COMPONENT: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
    const MODULE: [u8; 8] = [0, b'a', b's', b'm', 1, 0, 0, 0];
    if bytes.len() > MAX_COMPONENT {
        return Err(LoadError::TooLarge {
            size: bytes.len(),
            limit: MAX_COMPONENT,
        });
    }
    if bytes.starts_with(&MODULE) {
        return Err(LoadError::CoreModule);
    }
    // A component of another version passes, so that Wasmtime can name that version.
    if !bytes.starts_with(&COMPONENT[..4]) {
        let start = bytes.get(..8).unwrap_or(bytes);
        return Err(LoadError::NotWasm(
            String::from_utf8_lossy(start).into_owned(),
        ));
    }
    Ok(())
}
