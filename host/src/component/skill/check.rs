//! What can be said of the bytes of a component in little time and memory, before they are compiled.

use super::LoadError;

/// Bytes of a component that are compiled, and therefore read, at most: compiling is not covered by fuel.
pub const MAX_COMPONENT: usize = 64 << 20;

/// A component, and not too long.
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
    // A component of another version goes on, so that Wasmtime can say which one it is.
    if !bytes.starts_with(&COMPONENT[..4]) {
        let start = bytes.get(..8).unwrap_or(bytes);
        return Err(LoadError::NotWasm(
            String::from_utf8_lossy(start).into_owned(),
        ));
    }
    Ok(())
}
