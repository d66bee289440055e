//! `mcp-host skill save`: a run that finished becomes a skill, with its exact source.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use mcp_bridge::{Config, KnownSecrets};
use mcp_codegen::names::shown;
use mcp_host::{Digest, Ledger, Limits, Recording, RunInfo, RunStore, RunStoreError, Skill};
use mcp_skills::{Authored, Files, ImportedTool, Kind, Name, Origin, SkillPath, words_of_searches};

use super::add::said;
use super::args::Words;
use super::confirm;
use super::draft::{self, Parts};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::runs::failed;
use crate::{dirs, engine, out, saved, script, source};

/// The longest recording that is kept with a skill, in bytes.
const LONGEST_EXAMPLE: u64 = 8 << 20;

/// Lines of a script that are shown.
const SHOWN_LINES: usize = 400;

pub(super) async fn run(
    id: &str,
    name: &Name,
    words: &Words,
    (no_example, yes): (bool, bool),
    progress: &Progress,
    json: bool,
) -> Result<Exit, Failure> {
    let runs = dirs::runs()?;
    let info = runs.info(id).map_err(|error| {
        if !matches!(error, RunStoreError::NotFound(_)) {
            return failed(error);
        }
        let hint = "a run is kept where the policy may ask about its calls, or with `keep = \"all\"` under `[runs]` in \
                    mcp-host.toml; save a file with `mcp-host skill add PATH`";
        failed(error).hint(Some(hint))
    })?;
    let view = runs.look(id).map_err(failed)?;
    let ledger = view.ledger();
    if view.is_in_use() || ledger.outcome() != Some("finished") {
        let word = view.word(info.is_expired());
        let error = anyhow!("run {id} did not finish: it is {word}");
        return Err(Failure::usage(error).hint(Some("a skill is made of what worked")));
    }
    let (kind, entry) = entry(&runs, &info, ledger)?;
    let recording = runs.recording(id).map_err(failed)?;
    let tools = tools(&recording);
    let store = saved::store()?;
    let text = (kind == Kind::Script).then(|| String::from_utf8_lossy(&entry));
    let description = draft::description(words, &store, name, text.as_deref())?;

    let mut page = format!("{name}: {}\n", mcp_bridge::text::line(&description));
    let _ = writeln!(page, "from run {id}, a {}", kind.word());
    if let Some(text) = &text {
        page.push_str(&numbered(text));
    }
    page.push_str(&manifest(&tools));
    page.push_str(&decisions(ledger));
    let found_by = words_of_searches(&info.searches);
    if !found_by.is_empty() {
        let _ = writeln!(page, "found by the words {}", found_by.join(", "));
    }
    let question = "save this? From then on it runs by its name, under the policy of every run.";
    let what = format!("skill `{name}` is not saved");
    if !confirm::agreed(&page, question, &what, yes).await? {
        out::say("", &what);
        return Ok(Exit::Finished);
    }

    let mut files = Files::new();
    if !no_example && let Some(example) = example(&runs, &info) {
        files.insert(SkillPath::example(1), example);
    }
    if kind == Kind::Component {
        // What it says of itself is no more than what its author wants to be read: a failure of it is no failure here.
        let skill = loaded(&entry, &info, progress).await?;
        said(&skill, &mut files).await;
    }
    let parts = Parts {
        name: name.clone(),
        kind,
        description,
        license: words.license.clone(),
        entry,
        tools,
        origin: Origin::Run(id.to_owned()),
        words: found_by,
        authored: Authored::default(),
        files,
    };
    let record = draft::save(&store, parts)?;
    draft::say(&store, &record, json).await?;
    Ok(Exit::Finished)
}

/// The bytes that ran. Those of a component lie where the user has them, and may be others by now.
fn entry(runs: &RunStore, info: &RunInfo, ledger: &Ledger) -> Result<(Kind, Vec<u8>), Failure> {
    let (kind, bytes) = match &info.component {
        Some(component) => (Kind::Component, source::bytes(component)?),
        None => {
            let text = runs.source(&info.id).map_err(failed)?;
            let read = script::parsed(script_name(info), &text, Limits::default().memory)?;
            if let Some(run) = read.runs().next() {
                let message = "a saved skill has no results of earlier runs";
                let error = anyhow!(read.at_run(run, message));
                let hint =
                    "run the script again with that result as its `input`, and save that run";
                return Err(Failure::usage(error).hint(Some(hint)));
            }
            (Kind::Script, text.into_bytes())
        }
    };
    let found = Digest::of(&bytes).to_string();
    if found != ledger.digest() {
        let what = match &info.component {
            Some(component) => format!("`{}`", shown(&component.display().to_string())),
            None => "the script that is kept with it".to_owned(),
        };
        let error = anyhow!(
            "run {} is not one of {what} as it is now: its BLAKE3 was {}, now {found}",
            info.id,
            ledger.digest()
        );
        return Err(
            Failure::new(Exit::Differs, error).hint(Some("run it again, and save that run"))
        );
    }
    Ok((kind, bytes))
}

/// The component, compiled: only then it says what it takes and gives.
async fn loaded(entry: &[u8], info: &RunInfo, progress: &Progress) -> Result<Arc<Skill>, Failure> {
    let path = info.component.clone().unwrap_or_default();
    let read = source::of_bytes((Kind::Component, entry), &path, Limits::default().memory)?;
    let engine = engine::engine()?;
    source::load_read(&engine, &path, &read, progress, dirs::cache(None)).await
}

fn script_name(info: &RunInfo) -> &str {
    let name = Path::new(&info.name).file_name();
    name.and_then(|name| name.to_str()).unwrap_or("script.ts")
}

/// The tools that the run imported, as their servers defined them then.
fn tools(recording: &Recording) -> Vec<ImportedTool> {
    let definitions = recording.definitions();
    definitions
        .map(|(server, tool)| ImportedTool {
            server: server.to_owned(),
            tool: tool.clone(),
        })
        .collect()
}

/// The recording of the run, unless it is too long or has a secret of one of its servers.
fn example(runs: &RunStore, info: &RunInfo) -> Option<Vec<u8>> {
    let left_out = |why: &str| {
        let message = format!("the recording of the run is not kept with the skill: {why}");
        out::say("warning: ", &message);
    };
    let bytes = match runs.ledger_text(&info.id, LONGEST_EXAMPLE) {
        Ok(bytes) => bytes,
        Err(error) => {
            left_out(&mcp_bridge::with_causes(&error));
            return None;
        }
    };
    let config = Config::discover(info.config.as_deref());
    let _known = config.ok().as_ref().map(KnownSecrets::of);
    if !may_keep(&bytes) {
        left_out("a secret of one of its servers is in it");
        return None;
    }
    Some(bytes)
}

/// Whether the recording of a run may be kept with a skill: it is short, and has no secret that is known here.
pub(super) fn may_keep(bytes: &[u8]) -> bool {
    bytes.len() as u64 <= LONGEST_EXAMPLE && *mcp_bridge::without_secrets(bytes) == *bytes
}

fn numbered(text: &str) -> String {
    let mut page = String::new();
    let lines = text.lines().count();
    for (line, number) in text.lines().take(SHOWN_LINES).zip(1..) {
        let _ = writeln!(page, "{number:>4} | {}", mcp_bridge::text::line(line));
    }
    if lines > SHOWN_LINES {
        let more = lines - SHOWN_LINES;
        let _ = writeln!(
            page,
            "     | {more} more lines: `mcp-host runs show RUN --source`"
        );
    }
    page
}

/// The tools that it may call by an import.
pub(super) fn manifest(tools: &[ImportedTool]) -> String {
    if tools.is_empty() {
        return "it calls no tool by an import\n".to_owned();
    }
    let mut page = "it may call\n".to_owned();
    for imported in tools {
        let hints = imported.tool.annotations.as_ref();
        let reads = hints.is_some_and(|hints| hints.read_only_hint == Some(true));
        let effect = if reads {
            "reads"
        } else {
            "may change something"
        };
        let (server, tool) = (shown(&imported.server), shown(&imported.tool.name));
        let _ = writeln!(page, "  {server}/{tool}  {effect}");
    }
    page
}

/// What a person decided about the calls of the run. A decision holds for that run alone.
fn decisions(ledger: &Ledger) -> String {
    let mut page = String::new();
    for call in ledger.calls() {
        if let Some(decided) = call.decided() {
            let (server, tool) = (shown(call.server()), shown(call.tool()));
            let what = if decided.allow { "allowed" } else { "refused" };
            let _ = writeln!(page, "  {what} {server}/{tool}, by {}", shown(&decided.by));
        }
    }
    match page.is_empty() {
        true => page,
        false => format!("decided in that run, and not for later ones\n{page}"),
    }
}
