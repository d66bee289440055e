//! An engine that the user gives: `MCP_SCRIPT_ENGINE=FILE`, with its digest.

use std::{env, ffi::OsString, fs, path::PathBuf};

use crate::Result;

/// Names the file.
pub(crate) const FILE: &str = "MCP_SCRIPT_ENGINE";

/// Its BLAKE3 digest in hexadecimal. Without it, the file FILE.blake3 has it.
pub(crate) const DIGEST: &str = "MCP_SCRIPT_ENGINE_DIGEST";

/// The file that the user gives, where there is one. A digest that differs is an error: no other engine is built then.
pub(crate) fn engine() -> Option<Result<PathBuf>> {
    env::var_os(FILE)
        .filter(|name| !name.is_empty())
        .map(checked)
}

fn checked(name: OsString) -> Result<PathBuf> {
    let path = std::path::absolute(&name).map_err(|error| format!("{FILE}: {error}"))?;
    println!("cargo::rerun-if-changed={}", path.display());
    let bytes = fs::read(&path)
        .map_err(|error| format!("cannot read {FILE}={}: {error}", path.display()))?;
    let wanted = wanted(&path)?;
    let found = blake3::hash(&bytes).to_hex();
    if !wanted.eq_ignore_ascii_case(found.as_str()) {
        return Err(format!(
            "{FILE}={} has the BLAKE3 digest {found}, not {wanted}",
            path.display()
        ));
    }
    Ok(path)
}

fn wanted(path: &std::path::Path) -> Result<String> {
    if let Ok(digest) = env::var(DIGEST) {
        return Ok(digest.trim().to_owned());
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".blake3");
    println!("cargo::rerun-if-changed={}", beside.display());
    let text = fs::read_to_string(&beside).map_err(|error| {
        format!(
            "{FILE} needs the BLAKE3 digest of the file, in {DIGEST} or in {}: {error}",
            beside.display()
        )
    })?;
    // `b3sum` writes the name of the file after the digest.
    text.split_whitespace()
        .next()
        .map(str::to_owned)
        .ok_or_else(|| format!("{} is empty", beside.display()))
}
