//! `mcp-host serve`: an MCP server for agents, in front of the servers of the configuration.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Args;
use mcp_bridge::{named_file, with_causes};
use mcp_host::{AuditSettings, Host, Policy, RunStore, TypeCheck, TypeChecker};
use mcp_serve::{
    Access, Audit, Authorization, Direct, Door, HttpOptions, ListenError, Listening, Options, Rules,
};

use super::audit::{Auditor, OfAgents};
use super::exit::{Exit, Failure};
use super::limit_args::LimitArgs;
use super::questions::WAITS;
use super::signals::{StopSender, stopped};
use super::{dirs, out, page, script, source};

/// Scripts that run at once, unless the user says another number.
const SLOTS: u32 = 16;

/// Connections that are open at once, unless the user says another number.
const CONNECTIONS: usize = 1_024;

/// The variable with the token.
const TOKEN: &str = "MCP_HOST_TOKEN";

/// What to do where nothing says who may ask.
const NO_TOKEN: &str = "put one into a file for `--token-file`, or into the variable MCP_HOST_TOKEN, or name an \
                        authorization server in `[serve.authorization]` of mcp-host.toml";

/// Characters of a token.
const SHORTEST_TOKEN: usize = 16;
const LONGEST_TOKEN: u64 = 4 << 10;

// The arguments of `mcp-host serve`.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the user's
    /// configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve over streamable HTTP on this address (`127.0.0.1:8080`, or a port alone), instead of stdin and stdout. An
    /// address that other machines can reach needs a token, or `[serve.authorization]` in mcp-host.toml.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    http: Option<SocketAddr>,
    /// A file with the token that each request has to bring in `Authorization: Bearer`. Otherwise the variable
    /// MCP_HOST_TOKEN, if it is set.
    #[arg(long, value_name = "FILE", requires = "http")]
    token_file: Option<PathBuf>,
    /// A name besides those of this machine under which clients reach the server.
    #[arg(long, value_name = "HOST", requires = "http")]
    allow_host: Vec<String>,
    /// An origin of web pages that may ask, as `https://app.example.com:443`.
    #[arg(long, value_name = "ORIGIN", requires = "http", value_parser = origin)]
    allow_origin: Vec<String>,
    /// Serve no local page beside MCP.
    #[arg(long, requires = "http", conflicts_with = "sign_in_file")]
    no_page: bool,
    /// A file that gets the link that signs a browser in to the local page, instead of the terminal.
    #[arg(long, value_name = "FILE", requires = "http")]
    sign_in_file: Option<PathBuf>,
    /// How many connections may be open at once.
    #[arg(long, value_name = "N", default_value_t = CONNECTIONS, requires = "http")]
    connections: usize,
    /// Pass the tools of the servers on as they are, named SERVER_TOOL, instead of the three tools; over HTTP on
    /// `/mcp/direct`, beside them. At most 40 tools.
    #[arg(long)]
    direct: bool,
    /// With --direct, pass any number of tools on.
    #[arg(long, requires = "direct")]
    force_direct: bool,
    /// How many scripts run at once; further ones wait.
    #[arg(long, value_name = "N", default_value_t = SLOTS, value_parser = clap::value_parser!(u32).range(1..=1024))]
    slots: u32,
    /// How long a run waits for a decision of the user, such as 15m or 1h. Otherwise `wait` of `[runs]` in
    /// mcp-host.toml, else 15m.
    #[arg(long, value_name = "TIME", value_parser = mcp_host::parse_wait)]
    wait: Option<Duration>,
    /// How long a call is held while the client asks its user. Then it answers that the run is paused.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = mcp_host::parse_wait)]
    hold: Duration,
    #[command(flatten)]
    limits: LimitArgs,
}

/// `127.0.0.1:8080`, `localhost:8080`, or `8080` on this machine alone.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.trim_start_matches(':').parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let mut found = text.to_socket_addrs().map_err(|error| {
        format!("{error}; give an address and a port, such as `127.0.0.1:8080`")
    })?;
    found.next().ok_or_else(|| "it has no address".to_owned())
}

/// An origin as browsers send it: without a path.
fn origin(text: &str) -> Result<String, String> {
    let is_origin = text.split_once("://").is_some_and(|(scheme, rest)| {
        !scheme.is_empty() && !rest.is_empty() && !rest.contains(['/', '?', '#', ' '])
    });
    match is_origin {
        true => Ok(text.to_owned()),
        false => {
            Err("an origin has a scheme and a host, such as `https://app.example.com`".to_owned())
        }
    }
}

impl ServeArgs {
    /// Who may ask over HTTP.
    fn access(&self) -> Result<Access, Failure> {
        let token = match &self.token_file {
            Some(file) => {
                let text = named_file::read_text(file, LONGEST_TOKEN)
                    .with_context(|| format!("failed to read the token from `{}`", file.display()))
                    .map_err(Failure::usage)?;
                Some(text.trim().to_owned())
            }
            None => std::env::var(TOKEN).ok(),
        };
        if token
            .as_ref()
            .is_some_and(|token| token.len() < SHORTEST_TOKEN)
        {
            let error = anyhow!("the token has fewer than {SHORTEST_TOKEN} characters");
            let hint = "make one with `openssl rand -hex 32`";
            return Err(Failure::usage(error).hint(Some(hint)));
        }
        match (token, self.limits.settings.authorization()?) {
            (None, None) => Ok(Access::Open),
            (Some(token), None) => Ok(Access::Token(token.into())),
            (None, Some(settings)) => {
                let authorization = Authorization::new(&settings);
                let authorization = authorization.map_err(|error| Failure::usage(error.into()))?;
                Ok(Access::Authorization(Box::new(authorization)))
            }
            (Some(_), Some(_)) => {
                let error = anyhow!(
                    "there is a token of your own, and `[serve.authorization]` wants those of an authorization server"
                );
                let hint =
                    format!("take away `--token-file` and the variable {TOKEN}, or that table");
                Err(Failure::usage(error).hint(Some(&hint)))
            }
        }
    }

    fn http(&self) -> Result<HttpOptions, Failure> {
        Ok(HttpOptions {
            access: self.access()?,
            hosts: self.allow_host.clone(),
            origins: self.allow_origin.clone(),
            connections: self.connections,
            direct: None,
            page: match self.no_page {
                true => None,
                false => Some(page::options(
                    self.sign_in_file.clone(),
                    &self.limits.settings,
                )?),
            },
        })
    }
}

/// The compiler that the settings name. Where it is missing, scripts run without its warnings.
fn type_checker(configured: &TypeCheck) -> Option<TypeChecker> {
    if *configured == TypeCheck::Off {
        return None;
    }
    let found = TypeChecker::find(configured.program());
    let missing = |error: &_| out::say("warning: ", &format!("types are not checked: {error}"));
    found.inspect_err(missing).ok()
}

/// Where runs are kept that wait for a person. Without it, no call is asked about, and those that would be are refused.
fn runs() -> Option<(RunStore, [u8; 32])> {
    let opened = dirs::runs().and_then(|runs| {
        runs.prune(None).map_err(crate::runs::failed)?;
        Ok((runs, dirs::decision_key()?))
    });
    let missing = |failure: &Failure| {
        let error = super::exit::chain(failure.error.as_ref());
        out::say(
            "warning: ",
            &format!("no run can wait for a decision: {error}"),
        );
    };
    opened.inspect_err(missing).ok()
}

/// Serves until the client closes stdin, or a signal arrives.
// Long: each option of a door is named.
pub(crate) async fn run(args: ServeArgs, stop: &StopSender) -> Result<Exit, Failure> {
    let stopped = stopped(stop);
    let listening = match args.http {
        Some(address) => {
            let options = args.http()?;
            let listening = Listening::on(address, &options).await;
            let listening = listening.map_err(|error| {
                let hint = matches!(error, ListenError::NoToken(_)).then_some(NO_TOKEN);
                Failure::usage(error.into()).hint(hint)
            })?;
            Some((listening, options))
        }
        None => None,
    };
    let limits = args.limits;
    let found = limits.find(None)?;
    let memory = found.in_force.limits.memory;
    let keep_all = found.settings.as_ref().is_some_and(|file| file.keep_all);
    let (cache_size, type_check, audit, wait) = match found.settings {
        Some(file) => (file.cache_size, file.type_check, file.audit, file.wait),
        None => (None, TypeCheck::Off, AuditSettings::default(), None),
    };
    let audit = Auditor::new(audit).map(|auditor| Arc::new(OfAgents(auditor)) as Arc<dyn Audit>);
    let host = Host::builder()
        .slots(args.slots)
        .memory(memory)
        .compiler(source::compiler()?);
    let host = match dirs::cache(cache_size) {
        Some(cache) => host.cache(cache),
        None => host,
    };
    let host = host
        .build()
        .map_err(anyhow::Error::from)
        .context("failed to set up the WebAssembly engine")
        .map_err(Failure::host)?;
    let options = Options {
        config: args.config,
        rules: Arc::new(move |skill| rules(&limits, skill)),
        day_counts: dirs::day_counts(),
        memory,
        slots: args.slots,
        host,
        engine: script::image()?,
        cache: dirs::cache(cache_size),
        lists: dirs::tool_lists(),
        type_checker: type_checker(&type_check),
        learned: dirs::learned(),
        principals: dirs::principals(),
        waits: args.wait.or(wait).unwrap_or(WAITS),
        keep_all,
        skills: dirs::saved_skills().ok(),
        patience: args.hold,
        runs: runs(),
        on_run: Some(Box::new(|report, answer| {
            super::stats::count(report, "serve", answer);
        })),
        audit,
        on_answer: Some(Box::new(super::stats::count_answer)),
    };
    let door = Door::open(options).map_err(|error| Failure::usage(error.into()))?;
    let door = Arc::new(door);
    door.warm();
    let direct = match args.direct {
        true => Some(direct(&door, args.force_direct).await?),
        false => None,
    };
    let served = match listening {
        Some((listening, mut options)) => {
            options.direct = direct;
            out::say("", &format!("serving on {}", listening.url()));
            if let Access::Authorization(authorization) = &options.access {
                out::say("", &format!("with tokens of {}", authorization.issuer()));
            }
            listening.serve(&door, options, stopped).await;
            Ok(())
        }
        None => match direct {
            Some(direct) => mcp_serve::direct_stdio(&door, direct, stopped).await,
            None => mcp_serve::stdio(&door, stopped).await,
        },
    };
    door.close().await;
    served
        .context("failed to serve on stdin and stdout")
        .map_err(Failure::host)?;
    Ok(Exit::Finished)
}

/// Direct mode, after a line about what it passes on.
async fn direct(door: &Arc<Door>, is_forced: bool) -> Result<Direct, Failure> {
    let direct = Direct::new(Arc::clone(door), is_forced);
    match direct.summary().await {
        Ok(summary) => {
            out::say("", &format!("direct mode: {summary}"));
            Ok(direct)
        }
        Err(error) => {
            door.close().await;
            let hint = error.hint();
            Err(Failure::usage(error.into()).hint(Some(hint)))
        }
    }
}

/// The policy and the limits as the settings file and the options have them now.
fn rules(limits: &LimitArgs, skill: Option<&str>) -> Result<Rules, String> {
    let found = limits.find(skill);
    let words = |failure: Failure| with_causes(failure.error.as_ref());
    let found = found.map_err(words)?;
    let authorization = limits.settings.authorization().map_err(words)?;
    let scopes = authorization.into_iter().flat_map(|found| found.scopes);
    let of_scope = |policy: Option<_>| match policy {
        Some(table) => Policy::with(found.policy.clone(), table),
        None => found.policy.clone(),
    };
    Ok(Rules {
        scopes: scopes
            .map(|entry| (entry.scope, of_scope(entry.policy)))
            .collect(),
        policy: found.policy,
        settings: limits.settings.user_file(),
        limits: found.in_force.limits,
    })
}
