//! The files of one generated package below a skill's WIT directory, and how they get there: each one whole,
//! or not at all, and none touched that is as it should be.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mcp_bridge::named_file;
use mcp_codegen::{Package, contract};

/// The largest file that is compared, in bytes. No package is as large.
const LARGEST: u64 = 64 << 20;

/// One file as it should be.
pub(super) struct File<'a> {
    /// Where it belongs, below the WIT directory's own path.
    pub(super) path: PathBuf,
    pub(super) text: &'a str,
    /// What is there now; `None`: nothing.
    pub(super) present: Option<String>,
}

impl File<'_> {
    pub(super) fn is_current(&self) -> bool {
        self.present.as_deref() == Some(self.text)
    }
}

/// The package and the contract that it refers to, as `deps` of the WIT directory `dir`.
pub(super) fn of<'a>(dir: &Path, package: &'a Package) -> anyhow::Result<Vec<File<'a>>> {
    let deps = dir.join("deps");
    let own = (
        deps.join(format!("mcp-server-{}", package.label))
            .join("tools.wit"),
        package.wit.as_str(),
    );
    let contract = contract::FILES
        .iter()
        .map(|(name, text)| (deps.join("mcp-tools").join(name), *text));
    std::iter::once(own)
        .chain(contract)
        .map(|(path, text)| {
            let present = match named_file::read(&path, LARGEST) {
                // What is not UTF-8 is not ours, and gets replaced like any other difference.
                Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) if error.is_not_found() => None,
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to read `{}`", path.display()));
                }
            };
            Ok(File {
                path,
                text,
                present,
            })
        })
        .collect()
}

/// Puts the file in its place under a temporary name and renames it, so that a reader sees the old text or the new.
pub(super) fn write(file: &File<'_>) -> anyhow::Result<()> {
    write_text(&file.path, file.text)
}

/// The same for any text.
pub(super) fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    let context = || format!("failed to write `{}`", path.display());
    let dir = path.parent().with_context(context)?;
    fs::create_dir_all(dir).with_context(context)?;
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("tools.wit");
    let temporary = dir.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = fs::File::create(&temporary)
        .and_then(|mut out| {
            out.write_all(text.as_bytes())?;
            out.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(context)
}
