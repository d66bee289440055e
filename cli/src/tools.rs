//! `mcp-host search` and `mcp-host types`: what `serve` answers over MCP, for agents that have a shell. Starts only
//! servers whose tools were never listed.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;
use mcp_bridge::Config;
use mcp_codegen::names::label;
use mcp_host::{Host, Limits};
use mcp_serve::{Door, Hit, Options, Question, Rules};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::format::Format;
use super::progress::Progress;
use super::settings::SettingsArgs;
use super::{dirs, out, script};

pub(crate) const SEARCH_HELP: &str = "\
Examples:
  mcp-host search \"open issues\"
  mcp-host search --server github --limit 50
  mcp-host search

Each hit is a signature, as a script calls it. Without a query, the servers are listed.";

pub(crate) const TYPES_HELP: &str = "\
Examples:
  mcp-host types github.get_issue github.list_issues
  mcp-host types github

`mcp-codegen types SERVER --out DIR` writes the declarations of a server for an editor.";

/// Tools that are described at once.
const AT_ONCE: usize = 10;

/// Hits of one page, the most that there are.
const PAGE: usize = 50;

// The arguments of both commands.
#[derive(Args)]
struct Common {
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the user's
    /// configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

// The arguments of `mcp-host search`.
#[derive(Args)]
pub(crate) struct SearchArgs {
    /// What is looked for: words, or the name of a tool.
    #[arg(value_name = "QUERY")]
    words: Vec<String>,
    /// Only tools of this server.
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    /// Hits that are shown.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=50))]
    limit: u8,
    /// Hits that are left out before the first.
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: usize,
    #[command(flatten)]
    common: Common,
}

// The arguments of `mcp-host types`.
#[derive(Args)]
pub(crate) struct TypesArgs {
    /// Tools, as `mcp-host search` shows them, or servers: all of their tools.
    #[arg(value_name = "TOOL|SERVER", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    common: Common,
}

impl SearchArgs {
    pub(crate) fn json(&self) -> bool {
        self.common.format == Format::Json
    }
}

impl TypesArgs {
    pub(crate) fn json(&self) -> bool {
        self.common.format == Format::Json
    }
}

/// `mcp-host search`
pub(crate) async fn search(args: SearchArgs, progress: &Progress) -> Result<Exit, Failure> {
    if let Some(server) = &args.server {
        let config = args.common.config.as_deref();
        let config = Config::discover(config).map_err(|error| Failure::usage(error.into()))?;
        if !config.names().any(|name| label(name) == label(server)) {
            let unknown = config.entry(server).map(drop);
            unknown.map_err(|error| Failure::usage(error.into()))?;
        }
    }
    let named = args.server.as_slice();
    let door = open(&args.common, named, progress).await?;
    let text = args.words.join(" ");
    let question = Question {
        text: &text,
        server: args.server.as_deref(),
        limit: args.limit.into(),
        offset: args.offset,
    };
    let reply = door.search(&question).await;
    door.close().await;
    match args.json() {
        true => {
            let hits: Vec<_> = reply.hits.iter().map(hit).collect();
            out::json(&json!({ "hits": hits, "notes": reply.notes })).await?;
        }
        false => out::page(&reply.text).await?,
    }
    Ok(Exit::Finished)
}

/// `mcp-host types`
pub(crate) async fn types(args: TypesArgs, progress: &Progress) -> Result<Exit, Failure> {
    let door = open(&args.common, &args.names, progress).await?;
    let described = described(&args, &door).await;
    door.close().await;
    let (text, is_error) = described?;
    if is_error {
        let error = anyhow!("nothing is declared:\n{text}");
        return Err(Failure::usage(error).hint(Some("`mcp-host search` shows the names of tools")));
    }
    match args.json() {
        true => out::json(&json!({ "declarations": text })).await?,
        false => out::page(&text).await?,
    }
    Ok(Exit::Finished)
}

/// The servers of these names; `None` where one may be that of a tool of any server.
fn servers_of(config: &Config, names: &[String]) -> Option<Vec<String>> {
    let of = |name: &String| {
        let first = name.split(['.', '/', ':']).next().unwrap_or_default();
        let mut servers = config.names();
        let is_meant = |server: &&str| {
            let server = label(server);
            server == label(name) || server == label(first)
        };
        servers.find(is_meant).map(str::to_owned)
    };
    names.iter().map(of).collect()
}

/// The declarations of all names, and whether there are none.
async fn described(args: &TypesArgs, door: &Door) -> Result<(String, bool), Failure> {
    let config = args.common.config.as_deref();
    let config = Config::discover(config).map_err(|error| Failure::usage(error.into()))?;
    let mut names = Vec::new();
    for name in &args.names {
        let mut servers = config.names();
        match servers.find(|server| label(server) == label(name)) {
            Some(server) => {
                let tools = of_server(door, server).await;
                // An answer says what is wrong with a server that has none.
                match tools.is_empty() {
                    true => names.push(name.clone()),
                    false => names.extend(tools),
                }
            }
            None => names.push(name.clone()),
        }
    }
    let (mut texts, mut is_error) = (Vec::new(), true);
    for some in names.chunks(AT_ONCE) {
        let reply = door.describe(some).await;
        is_error &= reply.is_error;
        texts.push(reply.text);
    }
    Ok((texts.join("\n"), is_error))
}

/// The names of all tools of a server, as `server.tool`.
async fn of_server(door: &Door, server: &str) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let page = Question {
            text: "",
            server: Some(server),
            limit: PAGE,
            offset: names.len(),
        };
        let reply = door.search(&page).await;
        if reply.hits.is_empty() {
            return names;
        }
        names.extend(reply.hits.into_iter().map(|hit| hit.callable));
    }
}

/// A hit as JSON: how a script calls the tool, and its names as they are.
fn hit(hit: &Hit) -> Value {
    json!({
        "tool": hit.callable,
        "server": hit.server,
        "name": hit.name,
        "signature": hit.signature,
    })
}

/// The lists of all servers; those that have none are started.
/// Where each name is one of a server, or begins with one, only those servers count.
async fn open(
    common: &Common,
    names: &[String],
    progress: &Progress,
) -> Result<Arc<Door>, Failure> {
    let limits = Limits::default();
    let memory = limits.memory;
    let rules = Rules {
        policy: common.settings.policy(None)?,
        scopes: Vec::new(),
        settings: common.settings.user_file(),
        limits,
    };
    let host = Host::builder()
        .build()
        .map_err(anyhow::Error::from)
        .context("failed to set up the WebAssembly engine")
        .map_err(Failure::host)?;
    let options = Options {
        config: common.config.clone(),
        rules: Arc::new(move |_| Ok(rules.clone())),
        day_counts: None,
        memory,
        slots: 1,
        host,
        // No script runs.
        engine: script::image().unwrap_or_else(|_| Vec::new().into()),
        cache: None,
        lists: dirs::tool_lists(),
        learned: dirs::learned(),
        principals: None,
        waits: std::time::Duration::ZERO,
        keep_all: false,
        skills: None,
        patience: std::time::Duration::ZERO,
        runs: None,
        type_checker: None,
        on_run: None,
        audit: None,
        on_answer: None,
    };
    let door = Door::open(options).map_err(|error| Failure::usage(error.into()))?;
    let config = Config::discover(common.config.as_deref());
    let named = config.ok().and_then(|config| servers_of(&config, names));
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        door.want_only(named);
    }
    progress.wait_for("starting servers".to_owned());
    door.list_unknown().await;
    progress.clear();
    Ok(Arc::new(door))
}
