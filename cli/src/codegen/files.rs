//! The files of one generated package below a skill's WIT directory. Writes each file completely or not at all, and
//! leaves current files untouched.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mcp_bridge::named_file;
use mcp_codegen::{Package, contract};

/// The largest file that is compared, in bytes. No package is that large.
const LARGEST: u64 = 64 << 20;

/// One file with its intended contents.
pub(super) struct File<'a> {
    /// Its path, which starts with the WIT directory.
    pub(super) path: PathBuf,
    pub(super) text: &'a str,
    /// Its current contents; `None` if it does not exist.
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
                // A file that is not UTF-8 was not generated, and is replaced like any other difference.
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

/// Writes the file under a temporary name and renames it, so that a reader sees the old text or the new.
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
        // The first error is the relevant one.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(context)
}
