//! `run_script`: from the agent's code to the text of an answer. Every step before the first call of a tool says that none
//! was made.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use mcp_bridge::with_causes;
use mcp_host::{
    Catalog, Environment, LinkError, Linked, Request, RunError, ScriptError, ScriptText, ToolServer,
};

use crate::answer::{self, Answer, Code};
use crate::door::Door;
use crate::servers::Unavailable;

/// What a script is called in the places of its errors.
const NAME: &str = "script.ts";

/// One request of an agent.
pub(crate) struct Script<'a> {
    pub(crate) code: &'a str,
    /// JSON text.
    pub(crate) input: &'a str,
    /// The session, whose results the script may import.
    pub(crate) scope: u64,
    pub(crate) max_tokens: usize,
}

/// Runs the script, and keeps its result for later ones.
pub(crate) async fn run(
    door: &Door,
    script: Script<'_>,
    stop: impl Future<Output = String>,
) -> Answer {
    let id = door.run_id();
    let _under_way = door.under_way();
    match linked(door, &script, &id).await {
        Ok(linked) => to_its_end(door, &linked, script, &id, stop).await,
        Err(answer) => *answer,
    }
}

/// A failure before the run.
type NotRun = Box<Answer>;

async fn linked(door: &Door, script: &Script<'_>, id: &str) -> Result<Linked, NotRun> {
    let refused = |code: Code, what: &str, hint: Option<&str>| {
        Box::new(answer::refused(code, id, what, hint))
    };
    let text = ScriptText::read(NAME, script.code)
        .map_err(|error| refused(code_of(&error), &error.to_string(), None))?;
    let text = Arc::new(text);
    let earlier = earlier(door, script.scope, &text)
        .map_err(|run| refused(Code::RunNotFound, &gone(&run), None))?;
    let catalog = catalog(door, &text)
        .await
        .map_err(|(code, what)| refused(code, &what, None))?;
    let engine = door
        .engine()
        .await
        .map_err(|error| refused(Code::Internal, &error, None))?;
    let environment = Environment {
        catalog: Arc::new(catalog),
        grants: Arc::clone(&door.grants),
        state: None,
        servers: door.servers.names(),
        earlier,
    };
    let skill = Arc::new(engine.skill(text));
    mcp_host::link(&skill, &environment).map_err(|error| {
        let code = match &error {
            LinkError::Script { error, .. } => code_of(error),
            _ => Code::Internal,
        };
        let hint = error.hint().map(|hint| match code {
            Code::ImportDenied => format!("{hint}; then start `mcp-host serve` again"),
            _ => hint,
        });
        refused(code, &with_causes(&error), hint.as_deref())
    })
}

fn code_of(error: &ScriptError) -> Code {
    match error.code() {
        "syntax" => Code::Syntax,
        "not_static" => Code::NotStatic,
        "import_denied" => Code::ImportDenied,
        "bad_arguments" => Code::BadArguments,
        _ => Code::UnknownImport,
    }
}

/// The results of earlier runs that the script imports, or the first that is gone.
fn earlier(
    door: &Door,
    scope: u64,
    text: &ScriptText,
) -> Result<BTreeMap<String, Arc<str>>, String> {
    let runs = text.runs().map(|run| match door.results.get(scope, run) {
        Some(value) => Ok((run.to_owned(), value)),
        None => Err(run.to_owned()),
    });
    runs.collect()
}

fn gone(run: &str) -> String {
    format!(
        "run:{run} is not there: results are kept for 30 minutes, in this session. Run that script again."
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
        servers.push(up.map_err(|why| unavailable(name, &why))?);
    }
    Catalog::of(servers).map_err(|error| (Code::Internal, error.to_string()))
}

fn unavailable(name: &str, why: &Unavailable) -> (Code, String) {
    let name = mcp_codegen::names::shown(name);
    match why {
        Unavailable::NeedsLogin => (
            Code::LoginRequired,
            format!(
                "server `{name}` refused its credentials: the user puts a token into its `headers`"
            ),
        ),
        Unavailable::Down(why) => (Code::ServerUnavailable, why.clone()),
        Unavailable::Unknown => (
            Code::ServerUnavailable,
            format!("server `{name}` is no longer in the configuration"),
        ),
    }
}

async fn to_its_end(
    door: &Door,
    linked: &Linked,
    script: Script<'_>,
    id: &str,
    stop: impl Future<Output = String>,
) -> Answer {
    let request = Request::Input(script.input);
    let ran = door
        .host
        .run_until(linked, &request, &door.limits, stop)
        .await;
    let report = match ran {
        Ok(report) => report,
        Err(error @ RunError::Busy { .. }) => {
            let what = format!("{error}; try again in a moment");
            return answer::refused(Code::Internal, id, &what, None);
        }
        Err(error) => {
            tracing::error!(run = id, "the run failed: {}", with_causes(&error));
            let what = format!("the host failed to run the script (correlation id {id})");
            return answer::refused(Code::Internal, id, &what, None);
        }
    };
    let answer = match &report.result {
        Some(result) => {
            door.results.keep(script.scope, id, result.as_str().into());
            answer::finished(id, &report, script.max_tokens)
        }
        None => answer::failed(id, &report, &linked.tools()),
    };
    door.ran(&report, answer.text.len());
    answer
}
