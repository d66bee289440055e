//! `mcp-host call`: one tool call without a skill. The user's command is the grant. The arguments are checked before
//! the server receives them.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use mcp_bridge::{
    CallError, CallToolResult, Client, ConnectOptions, ContentBlock, JsonObject, Lock, Source,
};
use mcp_codegen::names;
use mcp_host::{RunEvents, check_arguments, definition, millis};
use serde_json::json;
use tracing::Instrument as _;

use super::audit::{Auditor, ObservedCall, of_command, run_id};
use super::exit::{Exit, Failure};
use super::json_form::json_form;
use super::next_step::quoted;
use super::out::print_error;
use super::progress::Progress;
use super::server::common::{Common, not_connected};
use super::settings::SettingsArgs;
use super::{dirs, input, out};

pub(crate) const HELP: &str = "\
The command is the grant: `[policy]` of the settings is not asked. It holds for skills, scripts and agents.

Examples:
  mcp-host call time get_current_time '{\"timezone\": \"Europe/Vienna\"}'
  mcp-host call github create_issue @issue.json
  echo '{\"path\": \"notes.md\"}' | mcp-host call files read_file -

Exit codes:
  0    the tool's result is on stdout
  1    the tool failed: its answer says `isError`
  2    bad usage: an argument that the tool does not take, an unknown server or tool
  3    no answer in time, or one that is too large
  4    the tool changed or is new since its server was pinned
  6    the server failed, or stdout does not take the answer
  130  stopped by a signal";

// The arguments of `mcp-host call`.
#[derive(Args)]
pub(crate) struct CallArgs {
    /// The server's name in the configuration.
    server: String,
    /// The tool's name, as `server inspect` shows it.
    tool: String,
    /// The tool's arguments: a JSON object, @FILE, or - for standard input.
    #[arg(value_name = "JSON|@FILE|-", default_value = "{}")]
    arguments: String,
    /// Send the arguments without checking them against the tool's parameters.
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl CallArgs {
    pub(crate) fn json(&self) -> bool {
        self.common.json()
    }
}

pub(crate) async fn run(args: CallArgs, progress: &Progress) -> Result<Exit, Failure> {
    let arguments = object(&args.arguments).await?;
    let config = args.common.read()?;
    let lock = Lock::beside(&config).map_err(|error| Failure::usage(error.into()))?;
    let found = config
        .server(&args.server)
        .map_err(|error| Failure::usage(error.into()))?;
    let cache = dirs::response_cache(&config, std::iter::once(args.server.as_str()));
    progress.wait_for(format!("starting {}", args.server));
    let options = ConnectOptions::new(&lock, cache.as_ref());
    let server = Client::connect(found, options)
        .await
        .map_err(not_connected)?;
    let called = call(&args, &server, arguments, progress).await;
    progress.clear();
    server.close().await;
    called
}

async fn call(
    args: &CallArgs,
    server: &Client,
    arguments: JsonObject,
    progress: &Progress,
) -> Result<Exit, Failure> {
    let tool = wire_name(server, &args.tool)?;
    if !args.unchecked {
        check(server, &tool, &arguments)?;
    }
    progress.wait_for(format!("calling {tool} of {}", server.name()));
    let mut observed = ObservedCall::new(observer(args)?, server.name(), &tool);
    observed.sending(server.tool(&tool), &arguments);
    let started = Instant::now();
    let answered = server
        .call(&tool, arguments)
        .instrument(span(server.name(), &tool))
        .await;
    observed.ended(&answered);
    let answered = answered.map_err(|error| no_answer(&args.server, error))?;
    progress.clear();
    let answer = answered.result;
    let failed = answer.is_error == Some(true);
    if args.json() {
        out::json(&json!({
            "outcome": if failed { "failed" } else { "finished" },
            "server": server.name(),
            "tool": tool,
            "time_ms": millis(started.elapsed()),
            "cached": answered.source == Source::Cache,
            "result": answer,
        }))
        .await
        .map_err(lost)?;
    } else if failed {
        print_error(&format!("the tool failed: {}", failure(&answer)), None);
    } else {
        show(&answer).await.map_err(lost)?;
    }
    Ok(if failed {
        Exit::SkillFailed
    } else {
        Exit::Finished
    })
}

/// By OpenTelemetry's semantic conventions for MCP, as the calls of a run have it.
fn span(server: &str, tool: &str) -> tracing::Span {
    tracing::info_span!(
        "call",
        otel.name = format!("tools/call {tool}"),
        otel.kind = "client",
        mcp.method.name = "tools/call",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = tool,
        mcp_host.server.name = server,
    )
}

async fn object(argument: &str) -> Result<JsonObject, Failure> {
    let text = input::input(argument, "the command line")
        .await
        .map_err(|error| Failure::usage(error).hint(pair(argument)))?;
    serde_json::from_str(&text).map_err(|error| {
        // JSON that is an object, and nests deeper than a message may.
        let why = match text.trim_start().starts_with('{') {
            true => anyhow::anyhow!("the tool's arguments cannot be read: {error}"),
            false => anyhow::anyhow!("the tool's arguments are not a JSON object"),
        };
        Failure::usage(why).hint(Some("write them as '{\"name\": \"value\"}'"))
    })
}

/// How `name=value` is written, for somebody who writes arguments as other programs have them.
fn pair(argument: &str) -> Option<String> {
    let (name, value) = argument.trim_start_matches('-').split_once('=')?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let value = match serde_json::from_str::<serde_json::Value>(value) {
        Ok(value) => value,
        Err(_) => value.into(),
    };
    let object = json!({ name: value });
    Some(format!(
        "write the arguments as JSON: {}",
        quoted(&object.to_string())
    ))
}

/// The audit of this command.
fn observer(args: &CallArgs) -> Result<Option<Arc<dyn RunEvents>>, Failure> {
    let settings = args.settings.find()?;
    let settings = settings.map(|settings| settings.audit);
    let events = Auditor::new(settings.unwrap_or_default())
        .map(|auditor| auditor.direct(&of_command(run_id()), "call"));
    let events = events.transpose();
    events.map_err(|why| Failure::host(anyhow::anyhow!("the call is not made: {why}")))
}

/// The tool of this name. A WIT label is used only if no tool has that exact name.
fn wire_name(server: &Client, name: &str) -> Result<String, Failure> {
    if server.tool(name).is_some() {
        return Ok(name.to_owned());
    }
    let tools = || server.tools().iter().map(|tool| &*tool.name);
    let labels = names::tool_labels(tools());
    if let Some((_, wire)) = labels.iter().find(|(label, _)| label == name) {
        return Ok((*wire).to_owned());
    }
    // A rejected tool is not an unknown one: the call itself reports why.
    if server.drift(name).is_some() {
        return Ok(name.to_owned());
    }
    let server = server.name();
    let near = mcp_codegen::near::nearest(name, tools());
    let near = near.map(|near| format!("; did you mean `{}`?", names::shown(near)));
    let error = anyhow::anyhow!(
        "server `{server}` has no tool `{name}`{}",
        near.unwrap_or_default()
    );
    let hint = format!("`mcp-host server inspect {server}` shows what it has");
    Err(Failure::usage(error).hint(Some(hint)))
}

fn check(server: &Client, tool: &str, arguments: &JsonObject) -> Result<(), Failure> {
    let Some(found) = server.tool(tool) else {
        return Ok(());
    };
    check_arguments(found, arguments).map_err(|error| {
        let definition = definition(found);
        let takes = mcp_codegen::function(tool, &definition).ok();
        let hint = takes.map(|takes| {
            let tool = json_form(&takes);
            format!("the tool is {tool}; `--unchecked` sends the arguments as they are")
        });
        let context = format!("tool `{}` does not take this", names::shown(tool));
        Failure::usage(anyhow::Error::new(error).context(context)).hint(hint)
    })
}

fn no_answer(server: &str, error: CallError) -> Failure {
    let exit = match &error {
        CallError::InvalidArguments(_) | CallError::NotFound(_) => Exit::Usage,
        CallError::TimedOut(_)
        | CallError::Silent(_)
        | CallError::Throttled { .. }
        | CallError::TooLarge(_)
        | CallError::TooMuchMemory(_) => Exit::Limit,
        CallError::Refused(_) => Exit::Denied,
        _ => Exit::Host,
    };
    let failure = Failure::new(exit, error.into());
    match exit {
        Exit::Denied => {
            let hint = format!("`mcp-host server diff {server}` shows the difference");
            failure.hint(Some(hint))
        }
        _ => failure,
    }
}

/// The failure of writing a response.
fn lost(failure: Failure) -> Failure {
    failure
        .context("the tool was called, and its answer is lost".to_owned())
        .hint(Some("to call it again may do again what it did"))
}

/// Prints the response to stdout. A response that is one JSON value stays one on a terminal too.
async fn show(answer: &CallToolResult) -> Result<(), Failure> {
    match &answer.structured_content {
        Some(structured) => match structured.as_string() {
            Some(text) => out::result(&text).await,
            None => out::json_text(structured.get()).await,
        },
        None => out::result(&blocks(answer)).await,
    }
}

/// What the tool says of its failure: its own words first, because structured content may be no more than a code.
fn failure(answer: &CallToolResult) -> String {
    let words = blocks(answer);
    match &answer.structured_content {
        _ if !words.trim().is_empty() => words,
        Some(structured) if structured.get() != "null" => structured
            .as_string()
            .unwrap_or_else(|| structured.to_string()),
        _ => "its answer says `isError` and has no content that says why".to_owned(),
    }
}

/// The text of all blocks; blocks of other types as JSON.
fn blocks(answer: &CallToolResult) -> String {
    let blocks: Vec<String> = answer.content.iter().map(block).collect();
    blocks.join("\n")
}

fn block(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        // Every block can be written as JSON. If one could not, its debug form is better than nothing.
        block => serde_json::to_string(block).unwrap_or_else(|_| format!("{block:?}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::Value;

    use super::*;

    fn answer(value: Value) -> CallToolResult {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn name_and_value_are_shown_as_json() {
        for (written, shown) in [
            (
                "text=x y",
                Some(r#"write the arguments as JSON: '{"text":"x y"}'"#),
            ),
            ("--n=3", Some(r#"write the arguments as JSON: '{"n":3}'"#)),
            ("{\"a=b", None),
            ("text", None),
        ] {
            assert_eq!(pair(written).as_deref(), shown, "{written}");
        }
    }

    #[test]
    fn failure_is_the_text_of_the_tool_before_its_structured_content() {
        let text = json!([{"type": "text", "text": "push rejected"}]);
        for (result, words) in [
            (
                json!({"isError": true, "content": text, "structuredContent": {"code": 1}}),
                "push rejected",
            ),
            (
                json!({"isError": true, "content": [], "structuredContent": {"code": 1}}),
                "{\"code\":1}",
            ),
            (
                json!({"isError": true, "content": [], "structuredContent": "no disk"}),
                "no disk",
            ),
            (
                json!({"isError": true, "content": [{"type": "text", "text": " "}]}),
                "its answer says `isError` and has no content that says why",
            ),
            (
                json!({"isError": true}),
                "its answer says `isError` and has no content that says why",
            ),
        ] {
            assert_eq!(failure(&answer(result)), words);
        }
    }
}
