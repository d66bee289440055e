//! `mcp-host skill show`: what a version is, every byte of which was compared with what was saved.

use std::fmt::Write as _;

use anyhow::anyhow;
use mcp_codegen::names::shown;
use mcp_skills::{Kind, Named, Origin, Record};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure, chain};
use crate::{out, saved};

pub(super) async fn run(named: &Named, source: bool, json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let loaded = store
        .load(&named.name, named.version)
        .map_err(saved::failed)?;
    let record = &loaded.record;
    if source {
        if record.kind != Kind::Script {
            let error = anyhow!("skill `{}` is a component: it has no source", record.name);
            return Err(Failure::usage(error));
        }
        out::result(&String::from_utf8_lossy(loaded.entry())).await?;
        return Ok(Exit::Finished);
    }
    let current = store.current(&named.name).map_err(saved::failed)?.version;
    let versions = store.versions(&named.name).map_err(saved::failed)?;
    if json {
        let mut shown = entry(record);
        shown["current"] = json!(current);
        shown["directory"] = json!(store.directory(&record.name, record.version));
        shown["versions"] = versions
            .iter()
            .map(|version| match version {
                Ok(version) => json!({
                    "version": version.version,
                    "saved": time(version),
                    "digest": version.digest.to_hex().as_str(),
                }),
                Err(error) => json!({ "error": chain(error) }),
            })
            .collect();
        out::json(&shown).await?;
        return Ok(Exit::Finished);
    }
    let mut text = page(record);
    text.push_str("versions\n");
    for version in &versions {
        let line = match version {
            Ok(version) => {
                let is_current = if version.version == current {
                    "  current"
                } else {
                    ""
                };
                let (number, from) = (version.version, from(version));
                format!("{number}  {}  {from}{is_current}", time(version))
            }
            Err(error) => chain(error),
        };
        let _ = writeln!(text, "  {line}");
    }
    out::page(&text).await?;
    Ok(Exit::Finished)
}

fn page(record: &Record) -> String {
    let mut text = format!(
        "{}@{}  {}\n",
        record.name,
        record.version,
        record.kind.word()
    );
    let _ = writeln!(text, "{}", mcp_bridge::text::line(&record.description));
    let _ = writeln!(text, "digest  {}", record.digest.to_hex());
    match record.tools.is_empty() {
        true => text.push_str("it calls no tool by an import\n"),
        false => text.push_str("it may call\n"),
    }
    for tool in &record.tools {
        let effect = if tool.read_only {
            "reads"
        } else {
            "may change something"
        };
        let _ = writeln!(text, "  {}  {effect}", shown(&tool.name()));
    }
    text.push_str("files\n");
    for file in &record.files {
        let _ = writeln!(text, "  {}  {} bytes", file.path, file.bytes);
    }
    text
}

pub(super) fn entry(record: &Record) -> Value {
    let files = record.files.iter().map(|file| {
        json!({
            "path": file.path,
            "bytes": file.bytes,
            "blake3": file.blake3.to_hex().as_str(),
        })
    });
    json!({
        "name": record.name,
        "version": record.version,
        "kind": record.kind,
        "description": record.description,
        "origin": record.origin,
        "saved": time(record),
        "tools": record.tools,
        "schemas": record.schemas.to_hex().as_str(),
        "digest": record.digest.to_hex().as_str(),
        "files": files.collect::<Vec<_>>(),
    })
}

fn time(record: &Record) -> String {
    humantime::format_rfc3339_seconds(record.saved_at()).to_string()
}

fn from(record: &Record) -> String {
    match &record.origin {
        Origin::Run(run) => format!("run {}", shown(run)),
        Origin::Path(path) => shown(path),
        Origin::Version(version) => format!("version {version}, tools pinned again"),
    }
}
