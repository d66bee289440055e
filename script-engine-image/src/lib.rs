//! The script engine, `script-engine/`, as a component. The build script makes it, or says why it cannot.
//! This crate runs nothing.

/// The component, of the world `mcp:script/engine`.
///
/// # Errors
///
/// Where the build script could not make it: the text says what to install.
pub fn engine() -> Result<&'static [u8], &'static str> {
    ENGINE
}

// const ENGINE: Result<&[u8], &str>
include!(concat!(env!("OUT_DIR"), "/engine.rs"));
