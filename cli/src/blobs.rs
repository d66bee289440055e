//! `mcp-host run --blobs DIR`: writes the bytes that the result of a script names, each to a file with the name of its
//! handle.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mcp_host::{Attachment, Report};

use super::exit::Failure;
use super::out;

/// The ends of names for media types that programs tell by them. Others get `.bin`.
const ENDS: [(&str, &str); 10] = [
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/svg+xml", "svg"),
    ("audio/wav", "wav"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
];

/// Makes the directory, before anything runs.
pub(crate) fn ready(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir)
        .with_context(|| format!("failed to make directory `{}` for blobs", dir.display()))
        .map_err(Failure::usage)
}

/// Writes what the report has. Without a directory, says how to get it.
pub(crate) fn write(dir: Option<&Path>, report: &Report) -> Result<(), Failure> {
    let Some(dir) = dir else {
        match report.attachments.len() {
            0 => {}
            1 => out::say(
                "",
                "the result names a blob: `--blobs DIR` writes it to a file",
            ),
            count => {
                let what =
                    format!("the result names {count} blobs: `--blobs DIR` writes them to files");
                out::say("", &what);
            }
        }
        return Ok(());
    };
    for attachment in &report.attachments {
        let path = dir.join(name(attachment));
        let written = put(dir, &path, &attachment.bytes);
        written
            .with_context(|| format!("failed to write blob `{}`", path.display()))
            .map_err(Failure::host)?;
        let bytes = attachment.bytes.len();
        out::say("", &format!("wrote `{}` ({bytes} bytes)", path.display()));
    }
    Ok(())
}

/// `blob-0123456789abcdef.png`
fn name(attachment: &Attachment) -> PathBuf {
    let mime_type = attachment.mime_type.as_deref().unwrap_or_default();
    let plain = mime_type.split(';').next().unwrap_or_default().trim();
    let known = ENDS
        .iter()
        .find(|(name, _)| plain.eq_ignore_ascii_case(name));
    let end = known.map_or("bin", |(_, end)| end);
    format!("{}.{end}", attachment.handle.replace(':', "-")).into()
}

/// Writes the file whole or not at all, readable for this user alone.
fn put(dir: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
