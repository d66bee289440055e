//! `mcp-host ui`: the local page alone, for the runs of this user whatever process they are of. Starts no server, and
//! runs nothing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use mcp_bridge::with_causes;
use mcp_host::{Host, Limits};
use mcp_serve::{Audit, Door, Listening, Options, Rules};

use super::audit::{self, OfAgents};
use super::exit::{Exit, Failure};
use super::settings::SettingsArgs;
use super::signals::{StopSender, stopped};
use super::{dirs, out, page, serve};

/// Connections of browsers that are open at once.
const CONNECTIONS: usize = 64;

pub(crate) const HELP: &str = "\
It prints a link that signs one browser in. Where stderr is no terminal, name a file for it.

Examples:
  mcp-host ui
  mcp-host ui --http 8081
  mcp-host ui --sign-in-file ~/link";

// The arguments of `mcp-host ui`.
#[derive(Args)]
pub(crate) struct UiArgs {
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the user's
    /// configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Serve on this address of this machine (`127.0.0.1:8081`, or a port alone). Port 0 is one that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = serve::address)]
    http: SocketAddr,
    /// A file that gets the sign-in link instead of the terminal. Only this user can read it.
    #[arg(long, value_name = "FILE")]
    sign_in_file: Option<PathBuf>,
}

/// Serves until a signal arrives.
pub(crate) async fn run(args: UiArgs, stop: &StopSender) -> Result<Exit, Failure> {
    let stopped = stopped(stop);
    let listening = Listening::for_page(args.http).await.map_err(|error| {
        let hint = "forward a port to it from the other machine, such as with `ssh -L`";
        let hint = matches!(error, mcp_serve::ListenError::NotLoopback(_)).then_some(hint);
        Failure::usage(error.into()).hint(hint)
    })?;
    let page = page::options(args.sign_in_file, &args.settings)?;
    if page.on_link.is_none() {
        let error = anyhow::anyhow!("stderr is no terminal, so the sign-in link would be in a log");
        return Err(Failure::usage(error).hint(Some("name a file with `--sign-in-file`")));
    }
    let runs = dirs::runs()?;
    let key = dirs::decision_key()?;
    let settings = args.settings;
    let audit = audit::of_settings(&settings)?;
    let audit = audit.map(|auditor| Arc::new(OfAgents(auditor)) as Arc<dyn Audit>);
    let rules = move |_: Option<&str>| {
        let policy = settings.policy(None);
        Ok(Rules {
            policy: policy.map_err(|failure| with_causes(failure.error.as_ref()))?,
            scopes: Vec::new(),
            settings: settings.user_file(),
            limits: Limits::default(),
        })
    };
    let host = Host::builder()
        .build()
        .map_err(anyhow::Error::from)
        .context("failed to set up the WebAssembly engine")
        .map_err(Failure::host)?;
    let options = Options {
        config: args.config,
        rules: Arc::new(rules),
        day_counts: None,
        memory: Limits::default().memory,
        slots: 1,
        host,
        // No script runs.
        engine: Vec::new().into(),
        cache: None,
        lists: dirs::tool_lists(),
        learned: None,
        principals: None,
        waits: std::time::Duration::ZERO,
        keep_all: false,
        skills: None,
        patience: std::time::Duration::ZERO,
        runs: Some((runs, key)),
        type_checker: None,
        on_run: None,
        audit,
        on_answer: None,
    };
    let door = Door::open(options).map_err(|error| Failure::usage(error.into()))?;
    let door = Arc::new(door);
    out::say(
        "",
        &format!("serving the local page on {}", listening.page_url()),
    );
    listening
        .serve_page(&door, page, CONNECTIONS, stopped)
        .await;
    door.close().await;
    Ok(Exit::Finished)
}
