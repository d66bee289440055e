//! Generated files in a directory of the user: compared, shown, written. Writes each file completely or not at all, and
//! leaves current files untouched.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use mcp_bridge::named_file;
use mcp_codegen::names;
use serde_json::{Value, json};

use super::check;
use super::output::{self, counted};
use crate::exit::{Exit, Failure};
use crate::format::Format;

/// The largest file that is compared, in bytes. No package is that large.
const LARGEST: u64 = 64 << 20;

/// One file with its intended contents.
pub(super) struct File<'a> {
    /// Its path, which starts with the WIT directory.
    path: PathBuf,
    text: &'a str,
    /// Its current contents; `None` if it does not exist.
    present: Option<String>,
}

impl<'a> File<'a> {
    /// The file at `path`, with what it holds now.
    pub(super) fn at(path: PathBuf, text: &'a str) -> Result<Self, Failure> {
        let present = match named_file::read(&path, LARGEST) {
            // A file that is not UTF-8 was not generated, and is replaced like any other difference.
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.is_not_found() => None,
            Err(error) => {
                let context = format!("failed to read `{}`", path.display());
                return Err(Failure::host(anyhow::Error::new(error).context(context)));
            }
        };
        Ok(Self {
            path,
            text,
            present,
        })
    }

    fn is_current(&self) -> bool {
        self.present.as_deref() == Some(self.text)
    }

    /// Rejects a file with the tools of another server of the same label: the code beside it would call the tools of
    /// one as those of the other.
    pub(super) fn refuse_another(&self, server: &str) -> Result<(), Failure> {
        let present = self.present.as_deref().and_then(server_of);
        let (Some(other), Some(own)) = (present, server_of(self.text)) else {
            return Ok(());
        };
        if other == own {
            return Ok(());
        }
        Err(Failure::usage(anyhow!(
            "`{}` has the tools of server `{}`, and those of `{}` would be the same package; \
             rename one of them in the configuration, or use another --out",
            self.path.display(),
            names::shown(other),
            names::shown(server)
        )))
    }
}

/// The server that a generated file names in its first line.
fn server_of(text: &str) -> Option<&str> {
    let line = text.lines().next()?;
    let (server, _) = line
        .strip_prefix("// The tools of the MCP server `")?
        .rsplit_once("`, written by `mcp-codegen`")?;
    Some(server)
}

/// What happens to the files, and how the command reports it.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// Write nothing, and show the differences.
    pub(super) check: bool,
    /// Write nothing, and show what would be written.
    pub(super) dry_run: bool,
    pub(super) format: Format,
}

/// Writes the files that are not current, or shows them. `what` names the contents; `summary` gets the report about the
/// files and adds what the command says besides.
pub(super) fn put(
    files: &[File<'_>],
    how: How,
    what: &str,
    summary: impl FnOnce(Value) -> Value,
) -> Result<Exit, Failure> {
    let mut said = Vec::with_capacity(files.len());
    let mut text = String::new();
    for file in files {
        let status = match (&file.present, file.is_current()) {
            (_, true) => "unchanged",
            (None, false) => "new",
            (Some(_), false) => "changed",
        };
        let path = file.path.display().to_string();
        if how.check {
            let present = file.present.as_deref().unwrap_or_default();
            text.push_str(&check::diff(&path, present, file.text));
        } else {
            let bytes = format!("{} B", file.text.len());
            text.push_str(&format!("{status:9}  {bytes:>9}  {path}\n"));
        }
        said.push(json!({"path": path, "bytes": file.text.len(), "status": status}));
    }
    let stale = files.iter().filter(|file| !file.is_current()).count();
    if !how.check && !how.dry_run {
        for file in files.iter().filter(|file| !file.is_current()) {
            write(file).map_err(Failure::host)?;
        }
        output::note(&format!("{what}: {} written", counted(stale, "file")));
    }
    match (how.format, how.check || how.dry_run) {
        (Format::Json, _) => output::json(&summary(json!({"files": said})))?,
        (Format::Text, true) => output::page(&text)?,
        (Format::Text, false) => text
            .lines()
            .for_each(|line| output::note(&format!("  {line}"))),
    }
    if how.check && stale > 0 {
        output::note(&format!(
            "{} not as generated; run the same command without `--check`",
            counted(stale, "file")
        ));
        return Ok(Exit::Stale);
    }
    Ok(Exit::Finished)
}

/// Writes the file under a temporary name and renames it, so that a reader sees the old text or the new.
fn write(file: &File<'_>) -> anyhow::Result<()> {
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
