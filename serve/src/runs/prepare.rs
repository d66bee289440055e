//! What happens to a script before it runs: it is read, its servers start, and its imports are linked. Reading and
//! linking are work for a thread of their own, within the time of the run. Calls no tool.

mod component;
mod steps;

use std::collections::BTreeMap;
use std::sync::Arc;

use mcp_bridge::with_causes;
use mcp_host::{Environment, Grants, Limits, LinkError, Linked, ScriptError, ScriptText};

use self::steps::{catalog, in_time};
use crate::answer::{Code, Refusal};
use crate::audit::Asked;
use crate::door::Door;
use crate::progress::{Stage, Step};
use crate::skills::Skill;
use crate::unwritten::Share;

/// What a script is called in the places of its errors.
pub(crate) const NAME: &str = "script.ts";

/// One request of an agent.
pub(crate) struct Script {
    pub(crate) code: Arc<str>,
    /// The saved skill that it is.
    pub(crate) skill: Option<Skill>,
    /// JSON text.
    pub(crate) input: String,
    /// The session, whose results the script may import.
    pub(crate) scope: u64,
    pub(crate) max_tokens: usize,
    /// Who asks for it.
    pub(crate) asked: Asked,
    /// The results that a run imported when it began, if it goes on.
    pub(crate) earlier: Option<Arc<Earlier>>,
    /// What the answer takes until it is written.
    pub(crate) share: Share,
}

/// Results of earlier runs, as JSON text by their ids.
pub(crate) type Earlier = BTreeMap<String, Arc<str>>;

impl Script {
    /// What its errors call it.
    pub(crate) fn name(&self) -> String {
        let skill = self.skill.as_ref();
        skill.map_or_else(|| NAME.to_owned(), Skill::file)
    }

    /// The bytes of its code.
    pub(crate) fn bytes(&self) -> usize {
        let component = self.skill.as_ref().and_then(Skill::component);
        component.map_or(self.code.len(), |(bytes, _)| bytes.len())
    }
}

/// The script, ready to run.
pub(super) async fn prepared(
    door: &Door,
    script: &Script,
    id: &str,
    grants: Arc<Grants>,
    limits: &Limits,
    stage: &Stage,
) -> Result<Linked, Refusal> {
    if let Some(skill) = &script.skill
        && let Some((bytes, _)) = skill.component()
    {
        let session = script.scope;
        return component::prepared(door, (skill, bytes), session, grants, limits, stage).await;
    }
    let refused = |code: Code, what: &str, hint: Option<&str>| Refusal::new(code, what).hint(hint);
    let code = Arc::clone(&script.code);
    let memory = limits.memory;
    let name = script.name();
    let read = move || ScriptText::read_within(&name, &code, memory);
    let read = in_time(door, script.scope, limits, read).await;
    let text = read
        .map_err(|(code, what)| refused(code, &what, None))?
        .map_err(|error| refused(code_of(&error), &error.to_string(), None))?;
    let text = Arc::new(text);
    if let Some(what) = without_effect(&text) {
        return Err(refused(Code::ImportDenied, &what, None));
    }
    let earlier = match &script.earlier {
        Some(earlier) => Earlier::clone(earlier),
        None => earlier(door, script.scope, &text)
            .map_err(|run| refused(Code::RunNotFound, &text.at_run(&run, &gone(&run)), None))?,
    };
    stage.set(Step::Starting);
    let catalog = catalog(door, text.needs().servers())
        .await
        .map_err(|(code, what)| refused(code, &what, None))?;
    if let Some(skill) = &script.skill {
        skill.drifted(&catalog)?;
    }
    stage.set(Step::Reading);
    let engine = door
        .engine()
        .await
        .map_err(|error| refused(Code::Internal, &error, None))?;
    let environment = Environment {
        catalog: Arc::new(catalog),
        grants,
        state: None,
        servers: door.servers.names(),
        earlier,
    };
    let link = move || mcp_host::link(&Arc::new(engine.skill(text)), &environment);
    let linked = in_time(door, script.scope, limits, link).await;
    let mut linked = linked
        .map_err(|(code, what)| refused(code, &what, None))?
        .map_err(|error| unlinked(&error))?;
    if let Some(skill) = &script.skill {
        skill.covers(&linked)?;
    }
    if let Some(checker) = &door.type_checker {
        match checker.check(&linked).await {
            Ok(warnings) => linked.add_warnings(warnings),
            Err(error) => {
                tracing::warn!(run = id, "types were not checked: {}", with_causes(&error));
            }
        }
    }
    Ok(linked)
}

fn unlinked(error: &LinkError) -> Refusal {
    let code = match error {
        LinkError::Script { error, .. } => code_of(error),
        _ => Code::Internal,
    };
    let hint = error.hint().map(|hint| match code {
        Code::ImportDenied => format!("{hint}; it counts from the next run"),
        _ => hint,
    });
    let what = with_causes(error);
    Refusal::new(code, what).hint(hint)
}

fn code_of(error: &ScriptError) -> Code {
    match error.code() {
        "syntax" => Code::Syntax,
        "not_static" => Code::NotStatic,
        "import_denied" => Code::ImportDenied,
        "bad_arguments" => Code::BadArguments,
        "internal" => Code::Internal,
        _ => Code::UnknownImport,
    }
}

/// What a script imports from `mcp-host` that can only fail here.
fn without_effect(text: &ScriptText) -> Option<String> {
    let mut names = text.manifest().host.iter();
    let found = names.find_map(|name| match name.name() {
        "state" => Some((
            *name,
            "\"state\" of \"mcp-host\" keeps nothing for a script of an agent: return what a later script needs, and \
             import it there with import r from \"run:ID\"",
        )),
        "writeFile" => Some((
            *name,
            "\"writeFile\" of \"mcp-host\" has no directory to write to in a script of an agent: return the text as the \
             result, or call a tool that writes files",
        )),
        _ => None,
    });
    found.map(|(name, what)| text.at_host(name, what))
}

/// The results of earlier runs that the script imports, or the first that is gone.
fn earlier(door: &Door, scope: u64, text: &ScriptText) -> Result<Earlier, String> {
    let runs = text.runs().map(|run| match door.results.get(scope, run) {
        Some(value) => Ok((run.to_owned(), value)),
        None => Err(run.to_owned()),
    });
    runs.collect()
}

fn gone(run: &str) -> String {
    format!(
        "run:{run} is not kept here: a result is kept for 30 minutes, in its session. Run that script again."
    )
}
