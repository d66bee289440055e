//! `mcp-host setup`: moves the servers of a client into the configuration of this program, and puts this program in
//! their place. Shows what changes before it does, and can undo it.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::json;

use self::clients::{CLIENTS, Client, Homes};
use self::plan::{Plan, Wanted};
use self::write::{put, unchanged};
use super::exit::{Exit, Failure};
use super::format::Format;
use super::table::table;
use super::{dirs, out};

mod clients;
mod copies;
mod files;
mod plan;
mod undo;
mod write;

pub(crate) const HELP: &str = "\
Examples:
  mcp-host setup
  mcp-host setup cursor --dry-run
  mcp-host setup claude-code --keep browser
  mcp-host setup claude-code --undo

Quit the client first: some write their file when they end.
Values that may be secrets are not shown. They move into the configuration, which only you can read.
Copies of both files stay in the state directory until `--undo`.";

// The arguments of `mcp-host setup`.
#[derive(Args)]
pub(crate) struct SetupArgs {
    /// The client. Without it, the clients that are found are listed.
    #[arg(value_parser = PossibleValuesParser::new(CLIENTS.iter().map(|client| client.name)))]
    client: Option<String>,
    /// The client's file, such as that of a project, instead of the one for all projects.
    #[arg(long, value_name = "FILE", requires = "client")]
    file: Option<PathBuf>,
    /// The configuration that gets the servers. Otherwise mcp-host/mcp.json in your configuration directory.
    #[arg(long, value_name = "FILE", requires = "client")]
    config: Option<PathBuf>,
    /// A server that stays in the client.
    #[arg(
        long,
        value_name = "SERVER",
        requires = "client",
        conflicts_with = "undo"
    )]
    keep: Vec<String>,
    /// Show what would change, and change nothing.
    #[arg(long, requires = "client")]
    dry_run: bool,
    /// Do not ask.
    #[arg(short, long, requires = "client", conflicts_with = "dry_run")]
    yes: bool,
    /// Put the client's file back as it was before the last setup.
    #[arg(long, requires = "client", conflicts_with = "config")]
    undo: bool,
    /// Output format. For json, say `--yes` or `--dry-run`.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl SetupArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) async fn run(args: SetupArgs) -> Result<Exit, Failure> {
    let homes = Homes::of_user().map_err(Failure::host)?;
    let Some(client) = args.client.as_deref().and_then(Client::of) else {
        return list(&homes, args.json()).await;
    };
    if args.json() && !args.yes && !args.dry_run {
        let error = anyhow!("with `--format json` nothing is asked");
        return Err(Failure::usage(error).hint(Some("say `--yes` or `--dry-run`")));
    }
    match args.undo {
        true => undo(&args, client).await,
        false => set_up(&args, client, &homes).await,
    }
}

/// The clients that are found.
async fn list(homes: &Homes, json: bool) -> Result<Exit, Failure> {
    let mut rows = vec![
        ["CLIENT", "SERVERS", "STATE", "FILE"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut values = Vec::new();
    for client in &CLIENTS {
        let Some(file) = files::of_client(client, homes) else {
            continue;
        };
        let text = files::read(&file)?.unwrap_or_default();
        let servers = mcp_bridge::client_servers(&text, &file, client.format, None);
        let (count, state) = match &servers {
            Ok(servers) if servers.iter().any(|one| one.name == plan::NAME) => {
                (servers.len(), "set up")
            }
            Ok(servers) if servers.is_empty() => (0, "no servers"),
            Ok(servers) => (servers.len(), "not set up"),
            Err(_) => (0, "cannot be read"),
        };
        let path = file.display().to_string();
        rows.push(vec![
            client.name.to_owned(),
            count.to_string(),
            state.to_owned(),
            path.clone(),
        ]);
        values
            .push(json!({ "client": client.name, "file": path, "servers": count, "state": state }));
    }
    if json {
        out::json(&json!({ "clients": values })).await?;
    } else if values.is_empty() {
        let names: Vec<_> = CLIENTS.iter().map(|client| client.name).collect();
        out::say(
            "",
            &format!("no client is found; known are {}", names.join(", ")),
        );
    } else {
        out::page(&table(&rows)).await?;
        out::say(
            "hint:  ",
            "`mcp-host setup CLIENT --dry-run` shows what a setup changes",
        );
    }
    Ok(Exit::Finished)
}

async fn set_up(args: &SetupArgs, client: &'static Client, homes: &Homes) -> Result<Exit, Failure> {
    let file = match &args.file {
        Some(file) => {
            let file = absolute(file)?;
            if files::read(&file)?.is_none() {
                let error = anyhow!("`{}` does not exist", file.display());
                let hint = "`--file` names a file that the client has; `{}` makes one";
                let hint = hint.replace("{}", "{\"mcpServers\": {}}");
                return Err(Failure::usage(error).hint(Some(hint)));
            }
            file
        }
        None => files::of_client(client, homes).ok_or_else(|| not_found(client, homes))?,
    };
    let is_for_all = client.places(homes).iter().any(|place| place.file == file);
    let config = match &args.config {
        Some(config) => absolute(config)?,
        None => dirs::user_config().map_err(Failure::host)?,
    };
    if file == config {
        let error = anyhow!("`{}` cannot be both files", file.display());
        return Err(Failure::usage(error).hint(Some("name another file with `--config`")));
    }
    let plan = Plan::of(Wanted {
        client,
        project: (!is_for_all)
            .then(|| mcp_bridge::project_of(&file))
            .flatten(),
        file,
        config,
        keep: &args.keep,
        program: program()?,
    })?;
    let changed = !plan.is_nothing();
    if args.json() {
        if changed && !args.dry_run {
            apply(&plan)?;
        }
        let stays = plan.stays.iter();
        let stays: Vec<_> = stays
            .map(|(name, why)| json!({ "server": name, "why": why }))
            .collect();
        out::json(&json!({
            "client": client.name,
            "file": plan.file.path.display().to_string(),
            "config": plan.config.path.display().to_string(),
            "moved": plan.moved,
            "stays": stays,
            "notes": plan.notes,
            "changed": changed && !args.dry_run,
        }))
        .await?;
        return Ok(Exit::Finished);
    }
    out::page(&summary(&plan)).await?;
    if !changed {
        out::say("", &format!("{} is set up: nothing to do", client.title));
        return Ok(Exit::Finished);
    }
    out::page(&format!("\n{}\n{}", plan.config.shown(), plan.file.shown())).await?;
    if args.dry_run || !agreed(args.yes).await? {
        out::say("", "nothing is changed");
        return Ok(Exit::Finished);
    }
    apply(&plan)?;
    let name = client.name;
    out::say(
        "",
        &format!(
            "{} is set up: restart it; `mcp-host setup {name} --undo` undoes this",
            client.title
        ),
    );
    Ok(Exit::Finished)
}

fn summary(plan: &Plan) -> String {
    let mut rows = vec![vec![
        "client".to_owned(),
        plan.file.path.display().to_string(),
    ]];
    let config = plan.config.path.display();
    if !plan.moved.is_empty() {
        rows.push(vec![
            "moves".to_owned(),
            format!("{} to {config}", plan.moved.join(", ")),
        ]);
    }
    for (name, why) in &plan.stays {
        rows.push(vec!["stays".to_owned(), format!("{name}: {why}")]);
    }
    for note in &plan.notes {
        rows.push(vec!["note".to_owned(), note.clone()]);
    }
    table(&rows)
}

fn apply(plan: &Plan) -> Result<(), Failure> {
    let copies = dirs::setup_copies().map_err(Failure::host)?;
    unchanged(&plan.file)?;
    unchanged(&plan.config)?;
    let kept = copies::keep(&copies, plan)?;
    // First the servers and then what needs them: a process that is killed in between has lost none.
    let written = put(&plan.config, true).and_then(|()| {
        unchanged(&plan.file)?;
        put(&plan.file, false)
    });
    if written.is_err() {
        kept.forget()?;
    }
    written
}

async fn undo(args: &SetupArgs, client: &'static Client) -> Result<Exit, Failure> {
    let copies = dirs::setup_copies().map_err(Failure::host)?;
    let file = args.file.as_deref().map(absolute).transpose()?;
    let undo = undo::plan(&copies, client, file.as_deref())?;
    let applied = || {
        unchanged(&undo.file)?;
        put(&undo.file, false)?;
        if let Some(config) = &undo.config {
            put(config, true)?;
        }
        undo.done.forget()
    };
    if args.json() {
        if !args.dry_run {
            applied()?;
        }
        out::json(&json!({
            "client": client.name,
            "file": undo.file.path.display().to_string(),
            "config": undo.done.record.config.display().to_string(),
            "back": undo.done.record.moved,
            "notes": undo.notes,
            "changed": !args.dry_run,
        }))
        .await?;
        return Ok(Exit::Finished);
    }
    let mut shown = undo.file.shown();
    if let Some(config) = undo.config.as_ref().filter(|config| !config.is_none()) {
        shown.push_str(&config.shown());
    }
    out::page(&shown).await?;
    for note in &undo.notes {
        out::say("note:  ", note);
    }
    if args.dry_run || !agreed(args.yes).await? {
        out::say("", "nothing is changed");
        return Ok(Exit::Finished);
    }
    applied()?;
    out::say("", &format!("{} is as it was: restart it", client.title));
    if undo.has_earlier {
        out::say(
            "hint:  ",
            "an earlier setup can be undone too: run this command again",
        );
    }
    Ok(Exit::Finished)
}

/// Whether the user agrees. Only a person at a terminal is asked.
async fn agreed(yes: bool) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        let error = anyhow!("nothing is changed: stdin is no terminal to ask on");
        let hint = "say `--yes` to change the files, or `--dry-run` to see the change alone";
        return Err(Failure::usage(error).hint(Some(hint)));
    }
    out::say("", "Change these files? [y/N]");
    // On a thread of its own: Ctrl-C must still work.
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = answer.await.context("failed to wait for an answer");
    let line = answer
        .and_then(|line| line.context("failed to read the answer"))
        .map_err(Failure::host)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "Yes"))
}

fn not_found(client: &Client, homes: &Homes) -> Failure {
    let places = client.places(homes);
    let files: Vec<_> = places
        .iter()
        .map(|place| format!("`{}`", place.file.display()))
        .collect();
    let error = anyhow!(
        "{} is not found: looked for {}",
        client.title,
        files.join(", ")
    );
    Failure::usage(error).hint(Some("name its file with `--file FILE`"))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .with_context(|| format!("`{}` is no path", path.display()))
        .map_err(Failure::usage)
}

/// Where this program is: under the name that `PATH` has for it, which stays the same when a newer version replaces it.
fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()
        .context("failed to find the path of this program")
        .map_err(Failure::host)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|dir| dir.join(plan::NAME));
    let is_own = |program: &PathBuf| {
        program.is_absolute() && program.canonicalize().ok() == own.canonicalize().ok()
    };
    Ok(found.find(is_own).unwrap_or(own))
}
