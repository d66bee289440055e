//! `mcp-host config`: which configuration is used and why, and a first one to start from. Starts no server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use mcp_bridge::{Config, Transport, durable};
use mcp_codegen::names::shown;
use serde_json::{Value, json};

use super::exit::{Exit, Failure, chain};
use super::format::Format;
use super::settings::SettingsArgs;
use super::table::table;
use super::{dirs, out};

pub(crate) const HELP: &str = "\
Examples:
  mcp-host config init
  mcp-host config show
  mcp-host config path --config team/mcp.json";

/// What `init` writes.
const STARTER: &str = include_str!("../templates/mcp.json");

// The arguments of `mcp-host config`.
#[derive(Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Show the configuration and the settings in use, why these, and the servers without their secrets.
    Show(Common),
    /// Print the path of the configuration in use, or the one that the next server is added to.
    Path(Common),
    /// Write a first configuration with comments. Refuses to replace a file.
    Init(Init),
}

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

#[derive(Args)]
struct Init {
    /// The file. Otherwise mcp-host/mcp.json in the user's configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl ConfigArgs {
    pub(crate) fn json(&self) -> bool {
        let format = match &self.command {
            ConfigCommand::Show(args) | ConfigCommand::Path(args) => args.format,
            ConfigCommand::Init(args) => args.format,
        };
        format == Format::Json
    }
}

pub(crate) async fn run(args: &ConfigArgs) -> Result<Exit, Failure> {
    match &args.command {
        ConfigCommand::Show(args) => show(args).await,
        ConfigCommand::Path(args) => path(args).await,
        ConfigCommand::Init(args) => init(args).await,
    }
}

async fn show(args: &Common) -> Result<Exit, Failure> {
    let config = read(args)?;
    let settings = args.settings.find()?.map(|settings| settings.file);
    let servers = config.names().map(|name| Row::of(&config, name));
    let servers: Vec<Row> = servers.collect();
    if args.format == Format::Json {
        let servers: Vec<Value> = servers.iter().map(Row::json).collect();
        out::json(&json!({
            "config": config.origin().map(|path| path.display().to_string()),
            "why": why(args, &config),
            "looked_for": config.searched().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "settings": settings.map(|path| path.display().to_string()),
            "servers": servers,
        }))
        .await?;
        return Ok(Exit::Finished);
    }
    let place = config
        .origin()
        .map_or("none".to_owned(), |path| path.display().to_string());
    let settings = settings.map_or("none".to_owned(), |path| path.display().to_string());
    let head = [
        ["configuration", &place, &why(args, &config)],
        ["settings", &settings, ""],
    ];
    let head: Vec<_> = head.map(|row| row.map(str::to_owned).to_vec()).into();
    let mut text = table(&head);
    if !servers.is_empty() {
        let names = ["NAME", "TRANSPORT", "STATE", "COMMAND OR URL"];
        let mut rows = vec![names.map(str::to_owned).to_vec()];
        rows.extend(servers.iter().map(Row::cells));
        text.push('\n');
        text.push_str(&table(&rows));
    }
    out::page(&text).await?;
    if config.origin().is_none() {
        out::say(
            "hint:  ",
            "`mcp-host config init` writes a first configuration",
        );
    }
    Ok(Exit::Finished)
}

async fn path(args: &Common) -> Result<Exit, Failure> {
    let config = read(args)?;
    let path = match config.origin() {
        Some(path) => path.to_owned(),
        None => Config::place(args.config.as_deref()),
    };
    let path = absolute(&path)?;
    match args.format {
        Format::Json => {
            let exists = config.origin().is_some();
            out::json(&json!({ "path": path.display().to_string(), "exists": exists })).await?;
        }
        Format::Text => out::page(&path.display().to_string()).await?,
    }
    Ok(Exit::Finished)
}

async fn init(args: &Init) -> Result<Exit, Failure> {
    let path = match &args.config {
        Some(path) => absolute(path)?,
        None => dirs::user_config().map_err(Failure::host)?,
    };
    if path.symlink_metadata().is_ok() {
        let error = anyhow!("`{}` exists already, and is not replaced", path.display());
        let hint = "add servers with `mcp-host server add NAME -- COMMAND`, or name another file with `--config`";
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    dirs::make_parent(&path)
        .and_then(|()| durable::write_private(&path, STARTER.as_bytes()))
        .with_context(|| format!("failed to write `{}`", path.display()))
        .map_err(Failure::host)?;
    let path = path.display().to_string();
    match args.format {
        Format::Json => out::json(&json!({ "written": path })).await?,
        Format::Text => {
            let next = "add servers with `mcp-host server add`, or move those of a client with `mcp-host setup`";
            out::say("", &format!("wrote `{path}`; {next}"));
        }
    }
    Ok(Exit::Finished)
}

fn read(args: &Common) -> Result<Config, Failure> {
    Config::discover(args.config.as_deref()).map_err(|error| Failure::usage(error.into()))
}

/// Why this file is the one in use.
fn why(args: &Common, config: &Config) -> String {
    let looked_for = config.searched().count();
    match (&args.config, config.origin()) {
        (Some(_), _) => "named by --config".to_owned(),
        (None, Some(path)) if path.is_absolute() => {
            "that of the user: the directory has none".to_owned()
        }
        (None, Some(_)) => "in this directory: it comes before that of the user".to_owned(),
        (None, None) => format!("looked for {looked_for} files"),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .with_context(|| format!("`{}` is no path", path.display()))
        .map_err(Failure::usage)
}

/// A server of the configuration.
struct Row {
    name: String,
    transport: &'static str,
    state: String,
    target: String,
}

impl Row {
    fn of(config: &Config, name: &str) -> Self {
        let server = config.entry(name);
        let state = match &server {
            _ if config.is_disabled(name) => "disabled".to_owned(),
            Ok(_) => "enabled".to_owned(),
            Err(error) => chain(error),
        };
        let transport = server.as_ref().ok().map(|server| &server.transport);
        Self {
            name: name.to_owned(),
            transport: match transport {
                Some(Transport::Stdio { .. }) => "stdio",
                Some(_) => "http",
                None => "-",
            },
            state,
            // The program alone, or the address without what may be secret.
            target: transport.map_or_else(|| "-".to_owned(), ToString::to_string),
        }
    }

    fn cells(&self) -> Vec<String> {
        let state = shown(&self.state);
        vec![
            shown(&self.name),
            self.transport.to_owned(),
            state,
            shown(&self.target),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "transport": self.transport,
            "state": self.state,
            "target": self.target,
        })
    }
}
