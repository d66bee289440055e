//! `mcp-host skill add`: saves a script, a component, or the directory of a skill, with the definitions of its tools.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use mcp_bridge::named_file;
use mcp_codegen::names::shown;
use mcp_host::{Limits, Skill, describe};
use mcp_skills::front_matter::Fault;
use mcp_skills::{Files, Kind, Name, Origin, SkillPath, authored};

use super::args::{AddArgs, needs_name};
use super::draft::{self, Parts};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::run::live::{self, Place};
use crate::run_args::RunArgs;
use crate::{saved, script, source};

/// Files that are read of a directory.
const MOST_FILES: usize = 128;

/// Bytes that are read of a directory, without its entry.
const MOST_BYTES: u64 = 16 << 20;

pub(super) async fn run(args: AddArgs, progress: &Progress, json: bool) -> Result<Exit, Failure> {
    let is_dir = args.path.is_dir();
    let name = match args.name {
        Some(name) => name,
        None => named_by(&args.path)?,
    };
    let (path, mut files) = match is_dir {
        true => directory(&args.path, &name)?,
        false => (source::component(&args.path, progress).await?, Files::new()),
    };
    let kind = match script::is_script(&path) {
        true => Kind::Script,
        false => Kind::Component,
    };
    if path == Path::new(script::STDIN) {
        let error = anyhow!("a skill is saved from a file, and not from standard input");
        return Err(Failure::usage(error));
    }
    let store = saved::store()?;
    let bytes = match kind {
        Kind::Component => source::bytes(&path)?,
        Kind::Script => script::text(&path)?.into_bytes(),
    };
    let run = RunArgs::links(path.clone(), args.config, args.limits);
    // What is linked, and what is saved, is what was read.
    let place = Place {
        path,
        saved: None,
        bytes: Some((kind, bytes.as_slice())),
    };
    let live = live::live(&run, &place, progress).await?;
    let tools = live.tools();
    let described = match kind {
        Kind::Component => said(&live.skill, &mut files).await,
        Kind::Script => None,
    };
    live.close().await;
    let authored = authored(&mut files).map_err(|fault| unread(&args.path, &fault))?;
    let page = authored.page.as_ref();
    let mut words = args.words;
    words.description = words
        .description
        .or_else(|| page.map(|(front, _)| front.description.clone()))
        .or(described);
    let text = (kind == Kind::Script).then(|| String::from_utf8_lossy(&bytes));
    let parts = Parts {
        description: draft::description(&words, &store, &name, text.as_deref())?,
        name,
        kind,
        license: words.license,
        tools,
        origin: Origin::Path(args.path.display().to_string()),
        words: Vec::new(),
        authored,
        files,
        entry: bytes,
    };
    let record = draft::save(&store, parts)?;
    draft::say(&store, &record, json).await?;
    Ok(Exit::Finished)
}

/// What a component says of itself: what it does, and as files the JSON Schemas of its input and its result.
pub(super) async fn said(skill: &Skill, files: &mut Files) -> Option<String> {
    if skill.is_program() {
        return None;
    }
    let said = describe(skill, &Limits::default()).await.ok()?;
    for (path, text) in [
        (SkillPath::input_schema(), said.input_schema),
        (SkillPath::output_schema(), said.output_schema),
    ] {
        // Only what is JSON is a schema.
        let schema = text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
        let schema = schema.and_then(|schema| serde_json::to_vec_pretty(&schema).ok());
        if let Some(schema) = schema {
            files.insert(path, schema);
        }
    }
    Some(said.description).filter(|text| !text.trim().is_empty())
}

/// The name of the file, or of the directory.
fn named_by(path: &Path) -> Result<Name, Failure> {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let stem = match resolved.is_dir() {
        true => resolved.file_name(),
        false => resolved.file_stem(),
    };
    let text = stem.unwrap_or_default().to_string_lossy();
    text.parse().map_err(|_| needs_name(&text))
}

/// The entry of a directory, and its other files. Links, and what has a name that no skill has, are refused.
fn directory(dir: &Path, name: &Name) -> Result<(PathBuf, Files), Failure> {
    let mut entries = Vec::new();
    let mut files = Files::new();
    let mut left = MOST_BYTES;
    let mut waiting = vec![(dir.to_owned(), String::new())];
    while let Some((at, above)) = waiting.pop() {
        let failed = |error: std::io::Error| {
            let place = format!("failed to read `{}`", at.display());
            Failure::usage(anyhow::Error::new(error).context(place))
        };
        for entry in std::fs::read_dir(&at).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let below = format!("{above}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed)?;
            let place: SkillPath = below.parse().map_err(|error| refused(&path, &error))?;
            if kind.is_dir() {
                waiting.push((path, format!("{below}/")));
                continue;
            }
            if !kind.is_file() {
                return Err(refused(&path, "it is a link or no regular file"));
            }
            if [Kind::Script, Kind::Component]
                .map(|kind| kind.entry(name))
                .contains(&place)
            {
                entries.push(path);
                continue;
            }
            // The definitions are those of the servers now.
            if place == SkillPath::tools() {
                continue;
            }
            let bytes = named_file::read(&path, left).map_err(|error| refused(&path, &error))?;
            left -= bytes.len() as u64;
            files.insert(place, bytes);
            if files.len() > MOST_FILES {
                return Err(refused(dir, "it has too many files"));
            }
        }
    }
    match entries.as_slice() {
        [entry] => Ok((entry.clone(), files)),
        found => {
            let error = anyhow!(
                "`{}` has {} of `scripts/{name}.ts` and `scripts/{name}.wasm`, and a skill has one",
                shown(&dir.display().to_string()),
                if found.is_empty() { "none" } else { "both" }
            );
            Err(Failure::usage(error).hint(Some(
                "name the script or the component itself; `mcp-host build` makes one of a project",
            )))
        }
    }
}

/// A `SKILL.md` that has no reading.
fn unread(dir: &Path, fault: &Fault) -> Failure {
    let error = anyhow!(
        "`{}` is not saved: {fault}",
        shown(&dir.display().to_string())
    );
    Failure::usage(error).hint(Some(fault.hint))
}

fn refused(path: &Path, why: impl std::fmt::Display) -> Failure {
    let path = shown(&path.display().to_string());
    Failure::usage(anyhow!("`{path}` is not saved: {why}"))
}
