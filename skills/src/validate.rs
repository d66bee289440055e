//! Checks the directory of a skill: its front matter, its digests, its schema against its examples, its imports against
//! its source, and its documents against its schema. Runs nothing and repairs nothing.

mod checked;
mod docs;
mod finding;

use std::collections::BTreeSet;

use mcp_bridge::text::short;
use mcp_codec::conforms;
use mcp_codegen::names::label;
use serde_json::Value;

use crate::digest::{Files, contents};
use crate::draft::{ImportedTool, schemas};
use crate::front_matter::{DIGEST, ENTRY, IMPORTS, Key, Page, SCHEMAS, SERVER, VERSION, read};
use crate::imports::imports_of;
use crate::path::SkillPath;

pub use checked::{Checked, Imported, Recorded};
use finding::SKILL_MD;
pub use finding::{Finding, Severity};

const AGAIN: &str = "save the skill again: `mcp-host skill add PATH`";

/// The entry that the front matter of these files names: what [`Checked::imported`] is read from.
#[must_use]
pub fn entry_of(files: &Files) -> Option<(SkillPath, &[u8])> {
    let text = std::str::from_utf8(files.get(&SkillPath::skill_md())?).ok()?;
    let path: SkillPath = read(text).ok()?.front.metadata.get(ENTRY)?.parse().ok()?;
    let bytes = files.get(&path)?;
    Some((path, bytes))
}

/// Everything that is wrong, in the order of the files, those with a line first in each.
#[must_use]
pub fn validate(checked: &Checked) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(bytes) = checked.files.get(&SkillPath::skill_md()) else {
        let hint = "write one: `mcp-host skill show` shows what a saved skill has";
        found.push(Finding::error(SKILL_MD, "it is missing", hint));
        return found;
    };
    for (name, why) in &checked.strange {
        let name = short(name, 200);
        found.push(Finding::error(
            &name,
            why.clone(),
            "remove or rename it: a skill is saved without it",
        ));
    }
    for (path, bytes) in &checked.files {
        hidden_text(&mut found, path, bytes);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let finding = Finding::error(SKILL_MD, "it is no UTF-8", "save it as UTF-8");
            found.push(finding.at((line, 1)));
            return found;
        }
    };
    let page = match read(text) {
        Ok(page) => page,
        Err(fault) => {
            found.push(Finding::of(&fault, Severity::Error));
            return found;
        }
    };
    found.extend(
        page.odd
            .iter()
            .map(|fault| Finding::of(fault, Severity::Warning)),
    );
    front(&mut found, checked, text, &page);
    let is_server = page.front.metadata.contains_key(SERVER);
    if !is_server {
        skill(&mut found, checked, &page);
    }
    docs::check(&mut found, checked, &page, is_server);
    found.sort_by_cached_key(Finding::place);
    found
}

/// What agentskills.io and its readers want of the front matter.
fn front(found: &mut Vec<Finding>, checked: &Checked, text: &str, page: &Page<'_>) {
    let name = &page.front.name;
    if let Some(directory) = checked
        .directory
        .as_deref()
        .filter(|directory| *directory != name.as_str())
    {
        let what = format!(
            "the name is `{name}`, and the directory `{}`",
            short(directory, 80)
        );
        let (line, column) = place(page, &Key::Top("name".to_owned()));
        found.push(
            Finding::error(SKILL_MD, what, "rename one of them: agents want both alike")
                .at((line, column)),
        );
    }
    let inside = text
        .lines()
        .enumerate()
        .take(page.body_line.saturating_sub(2))
        .skip(1);
    for (at, line) in inside {
        if let Some(column) = line.find("---") {
            let what = "`---` stands inside the front matter";
            let hint = "write it otherwise: some readers end the front matter there";
            let column = line[..column].chars().count() + 1;
            found.push(Finding::warning(SKILL_MD, what, hint).at((at + 1, column)));
        }
    }
}

fn place(page: &Page<'_>, key: &Key) -> (usize, usize) {
    *page.places.get(key).unwrap_or(&(1, 1))
}

/// What this program wants of a skill that it runs.
fn skill(found: &mut Vec<Finding>, checked: &Checked, page: &Page<'_>) {
    let metadata = &page.front.metadata;
    let at = |key: &str| place(page, &Key::Metadata(key.to_owned()));
    let Some(entry) = metadata.get(ENTRY) else {
        let what = format!(
            "`metadata` has no `{ENTRY}`: agents can read the skill, and mcp-host cannot run it"
        );
        let hint = "`mcp-host skill add PATH` writes it";
        found.push(Finding::warning(SKILL_MD, what, hint));
        return;
    };
    for key in [IMPORTS, DIGEST, SCHEMAS, VERSION] {
        if !metadata.contains_key(key) {
            let what = format!("`metadata` has no `{key}`");
            found.push(Finding::warning(SKILL_MD, what, AGAIN));
        }
    }
    let wrong = match entry.parse::<SkillPath>() {
        Ok(path) if checked.files.contains_key(&path) => None,
        Ok(_) => Some(format!("the entry `{}` is missing", short(entry, 200))),
        Err(error) => Some(error.to_string()),
    };
    if let Some(what) = wrong {
        let hint = "name the file below this directory that runs, such as scripts/NAME.ts";
        found.push(Finding::error(SKILL_MD, what, hint).at(at(ENTRY)));
    }
    digests(found, checked, page);
    if let Some(version) = metadata.get(VERSION)
        && version.parse::<u32>().is_err()
    {
        let what = format!("`{VERSION}` is no number");
        let hint = "write a whole number in quotes";
        found.push(Finding::error(SKILL_MD, what, hint).at(at(VERSION)));
    }
    if let Some(said) = metadata.get(IMPORTS) {
        imports(found, checked, entry, (said, at(IMPORTS)));
    }
    examples(found, checked);
}

/// The digests of the front matter are those of the files.
fn digests(found: &mut Vec<Finding>, checked: &Checked, page: &Page<'_>) {
    let mut same = |key: &str, is: String, what: &str| {
        let said = page.front.metadata.get(key);
        if said.is_some_and(|said| *said != is) {
            let what = format!("`{key}` is not that of {what}, which have {is}");
            let hint = format!("if you changed a file, {AGAIN}");
            let finding = Finding::error(SKILL_MD, what, hint);
            found.push(finding.at(place(page, &Key::Metadata(key.to_owned()))));
        }
    };
    let is = contents(&checked.files).to_hex().to_string();
    same(DIGEST, is, "the files");
    match tools(checked) {
        None => {}
        Some(Ok(tools)) => {
            let is = schemas(&tools).to_hex().to_string();
            let what = "the tools in assets/tools.json";
            same(SCHEMAS, is, what);
        }
        Some(Err(error)) => {
            let what = format!("it is not read: {error}");
            found.push(Finding::error(SkillPath::tools().as_str(), what, AGAIN));
        }
    }
}

/// The definitions that the skill was saved with.
fn tools(checked: &Checked) -> Option<serde_json::Result<Vec<ImportedTool>>> {
    let bytes = checked.files.get(&SkillPath::tools())?;
    Some(serde_json::from_slice(bytes))
}

/// The imports of the front matter, which stand at this place, are those of the source.
fn imports(
    found: &mut Vec<Finding>,
    checked: &Checked,
    entry: &str,
    (said, place): (&str, (usize, usize)),
) {
    let imported = match &checked.imported {
        None => return,
        Some(Ok(imported)) => imported,
        Some(Err(error)) => {
            let what = format!("it is not read: {error}");
            let hint = "`mcp-host inspect` says more";
            found.push(Finding::error(entry, what, hint));
            return;
        }
    };
    let same = |server: &str, tool: &str| (label(server).into_owned(), label(tool).into_owned());
    let said = imports_of(said);
    let said = said.iter().map(|name| {
        let (server, tool) = name.split_once('/').unwrap_or((name, ""));
        same(server, tool)
    });
    let said: BTreeSet<_> = said.collect();
    let mut seen = BTreeSet::new();
    for one in imported {
        let key = same(&one.server, &one.tool);
        if seen.insert(key.clone()) && !said.contains(&key) {
            let name = format!("{}/{}", one.server, one.tool);
            let name = short(&name, 200);
            let what = format!("it imports `{name}`, and `{IMPORTS}` does not name it");
            let finding = Finding::error(entry, what, "remove the import, or save the skill again");
            found.push(match one.line {
                Some(line) => finding.at((line, 1)),
                None => finding,
            });
        }
    }
    for (server, tool) in said.difference(&seen) {
        let name = format!("{server}/{tool}");
        let name = short(&name, 200);
        let what = format!("`{IMPORTS}` names `{name}`, and `{entry}` does not import it");
        let hint = "remove it: the list says what the skill may call";
        found.push(Finding::error(SKILL_MD, what, hint).at(place));
    }
}

/// The recorded runs fit the schema of the input.
fn examples(found: &mut Vec<Finding>, checked: &Checked) {
    let path = SkillPath::input_schema();
    let schema: Option<Value> = match checked
        .files
        .get(&path)
        .map(|bytes| serde_json::from_slice(bytes))
    {
        None => None,
        Some(Ok(schema @ (Value::Object(_) | Value::Bool(_)))) => Some(schema),
        Some(Ok(_)) => {
            found.push(Finding::error(
                path.as_str(),
                "it is no JSON Schema",
                "write a JSON object",
            ));
            None
        }
        Some(Err(error)) => {
            let what = format!("it is no JSON: {error}");
            let finding = Finding::error(path.as_str(), what, "correct it at this place");
            found.push(finding.at((error.line().max(1), error.column().max(1))));
            None
        }
    };
    for (path, recorded) in &checked.examples {
        match recorded {
            Err(error) => {
                let hint = "remove the file, or record the run again";
                found.push(Finding::error(
                    path.as_str(),
                    format!("it is not read: {error}"),
                    hint,
                ));
            }
            Ok(recorded) => {
                let misfit = schema
                    .as_ref()
                    .and_then(|schema| conforms(schema, &recorded.input).err());
                if let Some(misfit) = misfit {
                    let what = format!("its input does not fit assets/input.schema.json: {misfit}");
                    let hint = "correct the schema, or record another run";
                    found.push(Finding::error(path.as_str(), what, hint).at((1, 1)));
                }
            }
        }
    }
}

/// Text files hide nothing from a person who reads them.
fn hidden_text(found: &mut Vec<Finding>, path: &SkillPath, bytes: &[u8]) {
    let is_text = [".md", ".ts", ".js", ".mjs", ".mts"]
        .iter()
        .any(|end| path.as_str().ends_with(end));
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| is_text) else {
        return;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (at, line) in text.lines().enumerate() {
        let shown = |char: char| {
            // Persian and emoji are written with the two joiners.
            mcp_bridge::text::is_safe(char) || matches!(char, '\t' | '\u{200c}' | '\u{200d}')
        };
        if let Some((column, char)) = line.chars().enumerate().find(|(_, char)| !shown(*char)) {
            let what = format!(
                "the character {} is not seen, or reorders what is",
                char.escape_unicode()
            );
            let hint = "remove it, or write it as an escape";
            found.push(Finding::warning(path.as_str(), what, hint).at((at + 1, column + 1)));
            return;
        }
    }
}
