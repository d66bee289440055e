//! A new version, from its parts to the store: the documents that an agent reads are written here.

use anyhow::anyhow;
use mcp_skills::document::Example;
use mcp_skills::{
    About, Authored, Draft, Files, ImportedTool, Kind, Name, Origin, Record, Store, documents,
};
use serde_json::{Value, json};

use super::args::Words;
use super::test::recording;
use crate::exit::Failure;
use crate::out;
use crate::saved::failed;

/// What a version is made of.
pub(super) struct Parts {
    pub(super) name: Name,
    pub(super) kind: Kind,
    pub(super) description: String,
    pub(super) license: Option<String>,
    pub(super) entry: Vec<u8>,
    pub(super) tools: Vec<ImportedTool>,
    pub(super) origin: Origin,
    /// The words of searches that found its tools.
    pub(super) words: Vec<String>,
    /// What its author wrote of it.
    pub(super) authored: Authored,
    /// Recorded runs, the schemas, and what else belongs to it.
    pub(super) files: Files,
}

/// Saves the parts as the next version.
pub(super) fn save(store: &Store, parts: Parts) -> Result<Record, Failure> {
    let mut draft = Draft::new(
        parts.name,
        parts.kind,
        parts.description,
        parts.entry,
        parts.tools,
        parts.origin,
    );
    let page = parts.authored.page.as_ref().map(|(front, _)| front);
    draft.license = parts
        .license
        .or_else(|| page.and_then(|front| front.license.clone()));
    draft.compatibility = page.and_then(|front| front.compatibility.clone());
    draft.words = parts.words;
    for (path, bytes) in parts.files {
        draft.files.entry(path).or_insert(bytes);
    }
    let writer = store.writer().map_err(failed)?;
    let version = writer.next(&draft.name).map_err(failed)?;
    let recorded = recorded(&draft.files);
    let run = match &draft.origin {
        Origin::Run(id) => Some(id.as_str()),
        Origin::Path(_) | Origin::Version(_) => None,
    };
    let runs = recorded
        .iter()
        .map(|(input, output)| Example { input, output, run });
    let about = About {
        runs: &runs.collect::<Vec<_>>(),
        authored: Some(&parts.authored),
    };
    let documents = documents(&draft, version, &about);
    draft.files.extend(documents);
    let saved = writer.save(&draft).map_err(failed)?;
    Ok(saved.record)
}

/// Says which version was saved.
pub(super) async fn say(store: &Store, record: &Record, json: bool) -> Result<(), Failure> {
    let (name, version) = (&record.name, record.version);
    let directory = store.directory(name, version);
    if json {
        return out::json(&json!({
            "name": name,
            "version": version,
            "kind": record.kind,
            "digest": record.digest.to_hex().as_str(),
            "directory": directory,
        }))
        .await;
    }
    out::page(&format!(
        "saved {name}@{version}\nrun it with: mcp-host run {name}\n"
    ))
    .await
}

/// The description that the user gives, or that of the version before, or the comment at the start of a script.
pub(super) fn description(
    words: &Words,
    store: &Store,
    name: &Name,
    script: Option<&str>,
) -> Result<String, Failure> {
    let given = words.description.clone();
    let before = || store.current(name).ok().map(|current| current.description);
    let described = given
        .or_else(before)
        .or_else(|| script.and_then(leading_comment));
    described.ok_or_else(|| {
        let error = anyhow!("skill `{name}` has no description");
        let hint =
            "say what it does and when to use it: `--description TEXT`; agents choose it by that";
        Failure::usage(error).hint(Some(hint))
    })
}

/// The text of the comment that a script begins with.
fn leading_comment(script: &str) -> Option<String> {
    let script = script.trim_start();
    let lines: Vec<&str> = match script.strip_prefix("/*") {
        Some(rest) => rest.split_once("*/")?.0.lines().collect(),
        None => script
            .lines()
            .map_while(|line| line.trim().strip_prefix("//"))
            .collect(),
    };
    let words = lines.iter().flat_map(|line| {
        let line = line.trim().trim_start_matches('*').trim_start_matches('/');
        line.split_whitespace()
    });
    let text = words.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| text.chars().take(1024).collect())
}

/// Input and output of the recorded runs that finished.
fn recorded(files: &Files) -> Vec<(Value, Value)> {
    let recordings = files.iter().filter(|(path, _)| path.is_example());
    let recordings = recordings.filter_map(|(_, bytes)| recording(bytes).ok());
    recordings
        .filter_map(|recording| {
            let input = serde_json::from_str(recording.input()).ok()?;
            Some((input, recording.result()?.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_described_by_the_comment_that_it_begins_with() {
        for (script, expected) in [
            (
                "// Finds issues\n// without an answer.\nexport default 1",
                Some("Finds issues without an answer."),
            ),
            (
                "\n/**\n * Finds issues.\n */\nimport x",
                Some("Finds issues."),
            ),
            ("/* a */ 1", Some("a")),
            ("export default 1 // no", None),
            ("//\n1", None),
            ("/* never ends", None),
        ] {
            assert_eq!(leading_comment(script).as_deref(), expected, "{script}");
        }
    }
}
