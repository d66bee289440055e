//! `mcp-host skill retest`: a skill whose tools changed is tried with the definitions that they have now. What was
//! tried becomes a version, which is bound to them.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use mcp_host::Outcome;
use mcp_skills::{Files, ImportedTool, Origin, SkillPath, authored};

use super::args::RetestArgs;
use super::draft::{self, Parts};
use super::{confirm, test};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::run::live::{self, Live, Place};
use crate::run_args::RunArgs;
use crate::saved::{self, Saved};
use crate::signals::StopSender;
use crate::{out, report};

pub(super) async fn run(
    args: RetestArgs,
    progress: &Progress,
    stop: &StopSender,
    json: bool,
) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let saved = saved::load(&store, &args.skill).map_err(saved::failed)?;
    let run = RunArgs::links(saved.home.clone(), args.config, args.limits);
    let live = live::live(&run, &Place::saved(&saved), progress).await?;
    let tried = tried(&saved, &live, stop).await;
    let drifts = saved
        .loaded
        .drifted(|server| live.catalog.known_tools(server));
    let tools = live.tools();
    live.close().await;
    let (said, examples) = tried?;
    let name = &saved.loaded.record.name;
    if drifts.is_empty() && tools == saved.loaded.tools {
        out::page(&format!(
            "{said}the tools of {name} are as they were: nothing is saved\n"
        ))
        .await?;
        return Ok(Exit::Finished);
    }
    let mut page = format!("{name}@{}\n{said}", saved.loaded.record.version);
    for drifted in &drifts {
        page.push_str(saved::line(drifted).trim_start_matches('\n'));
        page.push('\n');
    }
    page.push_str(&super::save::manifest(&tools));
    let question = "save a version for these definitions?";
    let what = format!("skill `{name}` stays bound to the definitions that it was saved with");
    if !confirm::agreed(&page, question, &what, args.yes).await? {
        out::say("", &what);
        return Ok(Exit::Finished);
    }
    let record = draft::save(&store, parts(saved, tools, examples)?)?;
    draft::say(&store, &record, json).await?;
    Ok(Exit::Finished)
}

/// Runs the skill with the inputs of its examples, if all its tools only read. What to say of it, and the recordings of
/// these runs.
async fn tried(
    saved: &Saved,
    live: &Live,
    stop: &StopSender,
) -> Result<(String, Vec<Option<Vec<u8>>>), Failure> {
    let recordings = test::recordings(saved)?;
    let mut said = String::new();
    let writes: Vec<_> = live
        .linked
        .tools()
        .into_iter()
        .filter(|tool| !tool.read_only)
        .map(|tool| format!("{}/{}", tool.server, tool.tool))
        .collect();
    if let Some(first) = writes.first() {
        let _ = writeln!(
            said,
            "its types fit; it did not run, because {first} may change something"
        );
        return Ok((said, Vec::new()));
    }
    if live.linked.may_ask() {
        said.push_str("its types fit; it did not run, because the policy asks about its calls\n");
        return Ok((said, Vec::new()));
    }
    if recordings.is_empty() {
        said.push_str("its types fit; it did not run, because it has no recorded run\n");
    }
    let mut examples = Vec::new();
    for (recording, number) in recordings.iter().zip(1..) {
        let bytes = Bytes::default();
        let report = live.again(recording, bytes.clone(), stop).await?;
        report::say(&report);
        if report.outcome != Outcome::Finished {
            let error = anyhow!(
                "skill `{}` did not finish with the input of example {number}, and stays as it is",
                saved.loaded.record.name
            );
            return Err(Failure::new(Exit::from(&report.outcome), error));
        }
        let _ = writeln!(said, "ran with the input of example {number}: finished");
        examples.push(Some(bytes.take()).filter(|bytes| super::save::may_keep(bytes)));
    }
    Ok((said, examples))
}

/// The same skill with these tools.
fn parts(
    saved: Saved,
    tools: Vec<ImportedTool>,
    examples: Vec<Option<Vec<u8>>>,
) -> Result<Parts, Failure> {
    let loaded = saved.loaded;
    let record = loaded.record.clone();
    let written = [SkillPath::tools(), record.kind.entry(&record.name)];
    let mut files: Files = loaded
        .files
        .iter()
        .filter(|(path, _)| !written.contains(path))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect();
    for (place, bytes) in loaded.examples().zip(examples) {
        if let Some(bytes) = bytes {
            files.insert(place.0.clone(), bytes);
        }
    }
    let authored = authored(&mut files).map_err(|fault| Failure::host(fault.into()))?;
    Ok(Parts {
        name: record.name,
        kind: record.kind,
        description: record.description,
        license: record.license,
        tools,
        origin: Origin::Version(record.version),
        words: record.words,
        authored,
        files,
        entry: loaded.into_entry(),
    })
}

/// What is written into it, in memory.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    fn take(self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
