//! What happens to a script before it runs: it is read, its servers start, and its imports are linked. Reading and
//! linking are work for a thread of their own, within the time of the run. Calls no tool.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use mcp_bridge::with_causes;
use mcp_host::{
    Catalog, Environment, Grants, Limits, LinkError, Linked, ScriptError, ScriptText, ToolServer,
};

use crate::answer::unavailable::unavailable;
use crate::answer::{Code, Refusal};
use crate::audit::Asked;
use crate::door::Door;
use crate::learned::Watched;
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

/// The script, ready to run.
pub(super) async fn prepared(
    door: &Door,
    script: &Script,
    id: &str,
    grants: Arc<Grants>,
    limits: &Limits,
    stage: &Stage,
) -> Result<Linked, Refusal> {
    let refused = |code: Code, what: &str, hint: Option<&str>| Refusal::new(code, what).hint(hint);
    let code = Arc::clone(&script.code);
    let memory = limits.memory;
    let name = script
        .skill
        .as_ref()
        .map_or_else(|| NAME.to_owned(), Skill::file);
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
    let catalog = catalog(door, &text)
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

/// Work on the text of a script, within the time of a run.
async fn in_time<T: Send + 'static>(
    door: &Door,
    session: u64,
    limits: &Limits,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, (Code, String)> {
    let work = door.workers.run(door.part(session), work);
    match tokio::time::timeout(limits.timeout, work).await {
        Ok(done) => done.map_err(|error| (Code::Internal, error)),
        Err(_) => {
            let ms = limits.timeout.as_millis();
            Err((
                Code::LimitTime,
                format!("the script was not read within {ms} ms"),
            ))
        }
    }
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

/// The servers that the script names, all started at once.
async fn catalog(door: &Door, text: &ScriptText) -> Result<Catalog, (Code, String)> {
    let needs = text.needs();
    // A server that the configuration does not have is reported with its place, when the script is linked.
    let mut names = Vec::new();
    for label in needs.servers() {
        let found = door.servers.imported(label).map_err(|both| {
            let [first, second] = both.map(|name| mcp_codegen::names::shown(&name));
            let what = format!(
                "servers `{first}` and `{second}` are both `mcp:{label}`: the user renames one of them in the configuration"
            );
            (Code::UnknownImport, what)
        })?;
        names.extend(found);
    }
    let up = join_all(names.iter().map(|name| door.servers.up(name))).await;
    let mut servers: Vec<Arc<dyn ToolServer>> = Vec::with_capacity(up.len());
    for (name, up) in names.iter().zip(up) {
        let server = up.map_err(|why| unavailable(name, &why))?;
        servers.push(Watched::watch(server, door.types()));
    }
    Catalog::of(servers).map_err(|error| (Code::Internal, error.to_string()))
}
