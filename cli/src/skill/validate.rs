//! `mcp-host skill validate`: the directory of a skill is read and checked. Runs nothing, and starts no server.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use mcp_bridge::{named_file, with_causes};
use mcp_host::{Limits, inspect};
use mcp_skills::SkillPath;
use mcp_skills::validate::{Checked, Imported, Recorded, Severity, entry_of, validate};
use serde_json::json;

use super::test::recording;
use crate::exit::{Exit, Failure, chain};
use crate::{out, script};

/// The most files of a skill.
const MOST_FILES: usize = 128;

/// The most bytes of all its files.
const MOST_BYTES: u64 = 96 << 20;

// The arguments of `mcp-host skill validate`.
#[derive(Args)]
pub(super) struct ValidateArgs {
    /// The directory of a skill, or its SKILL.md.
    path: PathBuf,
    /// Fail for warnings too.
    #[arg(long)]
    strict: bool,
}

pub(super) async fn run(args: &ValidateArgs, json: bool) -> Result<Exit, Failure> {
    let path = match args.path.file_name() {
        Some(name) if name == "SKILL.md" => args.path.parent().map(|above| match above {
            above if above.as_os_str().is_empty() => Path::new("."),
            above => above,
        }),
        _ => None,
    };
    let path = path.unwrap_or(&args.path);
    let mut checked = Checked {
        directory: directory_name(path),
        ..Checked::default()
    };
    files(path, &mut checked)?;
    checked.imported = entry_of(&checked.files).map(|(path, bytes)| imported(&path, bytes));
    checked.examples = checked
        .files
        .iter()
        .filter(|(path, _)| path.is_example())
        .map(|(path, bytes)| (path.clone(), recorded(bytes)))
        .collect();
    let findings = validate(&checked);
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let (errors, all) = (errors.count(), findings.len());
    let is_valid = errors == 0 && (all == 0 || !args.strict);
    if json {
        out::json(&json!({ "valid": is_valid, "findings": findings })).await?;
    } else {
        let mut text: String = findings
            .iter()
            .map(|finding| format!("{finding}\n"))
            .collect();
        let word = if is_valid { "valid" } else { "not valid" };
        text.push_str(&format!(
            "{word}: {errors} errors, {} warnings\n",
            all - errors
        ));
        out::page(&text).await?;
    }
    Ok(if is_valid {
        Exit::Finished
    } else {
        Exit::SkillFailed
    })
}

/// The name of the directory, also where it is named as `.`.
fn directory_name(path: &Path) -> Option<String> {
    let whole = path.canonicalize().ok()?;
    // A link to a skill has a name of its own, and agents see that.
    let named = match path.file_name() {
        Some(name) => name,
        None => whole.file_name()?,
    };
    Some(named.to_string_lossy().into_owned())
}

/// Reads the files of the directory, within the bounds of a skill. Follows no link.
fn files(dir: &Path, checked: &mut Checked) -> Result<(), Failure> {
    let mut left = MOST_BYTES;
    let mut waiting = vec![(dir.to_owned(), String::new())];
    let mut seen = 0;
    while let Some((dir, above)) = waiting.pop() {
        let failed = |error: std::io::Error| {
            let place = format!("failed to read `{}`", dir.display());
            Failure::usage(anyhow::Error::new(error).context(place))
        };
        let mut entries = std::fs::read_dir(&dir)
            .and_then(|entries| entries.take(MOST_FILES * 4).collect::<Result<Vec<_>, _>>())
            .map_err(failed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            seen += 1;
            if seen > MOST_FILES * 4 || checked.files.len() > MOST_FILES {
                let error = anyhow!("`{}` has more than {MOST_FILES} files", dir.display());
                return Err(Failure::usage(error).hint(Some("name the directory of one skill")));
            }
            let below = format!("{above}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed)?;
            let place = match below.parse::<SkillPath>() {
                Ok(place) => place,
                Err(error) => {
                    checked.strange.push((below, error.to_string()));
                    continue;
                }
            };
            if kind.is_dir() {
                waiting.push((entry.path(), format!("{below}/")));
            } else if !kind.is_file() {
                let why = "it is a link or no regular file".to_owned();
                checked.strange.push((below, why));
            } else {
                match named_file::read(&entry.path(), left) {
                    Ok(bytes) => {
                        left -= bytes.len() as u64;
                        checked.files.insert(place, bytes);
                    }
                    Err(error) => checked.strange.push((below, with_causes(&error))),
                }
            }
        }
    }
    Ok(())
}

/// What the entry imports.
fn imported(path: &SkillPath, bytes: &[u8]) -> Result<Vec<Imported>, String> {
    let why = |failure: Failure| chain(failure.error.as_ref());
    let file = Path::new(path.as_str());
    if !script::is_script(file) {
        let inspected = inspect(bytes).map_err(|error| with_causes(&error))?;
        let tools = inspected.permissions.tools.into_iter();
        let tools = tools.map(|tool| Imported {
            server: tool.server,
            tool: tool.function,
            line: None,
        });
        return Ok(tools.collect());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let read = script::parsed(&name, text, Limits::default().memory).map_err(why)?;
    let tools = read.manifest().tools.iter().map(|used| Imported {
        server: used.server.clone(),
        tool: used.name.clone(),
        line: usize::try_from(used.at.line).ok(),
    });
    Ok(tools.collect())
}

/// Input and output of a recorded run.
fn recorded(bytes: &[u8]) -> Result<Recorded, String> {
    let recording = recording(bytes).map_err(|failure| chain(failure.error.as_ref()))?;
    Ok(Recorded {
        input: serde_json::from_str(recording.input()).map_err(|error| error.to_string())?,
        output: recording.result().cloned(),
    })
}
