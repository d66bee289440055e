//! `mcp-host server check`: reports problems of servers, for people and for scripts.

use clap::Args;
use mcp_bridge::{Client, Config, ConnectError, DriftKind, ServerConfig, text};
use mcp_codegen::{Budget, names};
use mcp_host::{KnownServer, Policy};
use serde_json::{Value, json};

use super::common::{Common, exit_of, no_servers};
use super::survey::{self, State, Surveyed};
use crate::exit::{Exit, Failure, hidden};
use crate::next_step::with_config;
use crate::out;
use crate::progress::Progress;
use crate::settings::SettingsArgs;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server check
  mcp-host server check github --format json

Exit codes:
  0  every server starts and lists its tools; warnings are printed
  2  the configuration or the lock of its pins is wrong
  4  a tool of a pinned server changed or is new
  6  a server does not start, or does not speak MCP";

#[derive(Args)]
pub(super) struct CheckArgs {
    /// Servers to check; without a name, all that are not disabled.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &CheckArgs, progress: &Progress) -> Result<Exit, Failure> {
    let config = args.common.read_existing()?;
    let lock = args.common.lock(&config)?;
    let policy = args.settings.policy(None)?;
    let surveyed = survey::survey(&config, &lock, &args.names, progress, async |one| {
        if args.common.json() {
            return Ok(());
        }
        progress.clear();
        out::page(&find(one, &args.names).text()).await
    })
    .await?;
    let found: Vec<Found> = surveyed.iter().map(|one| find(one, &args.names)).collect();
    let alike = survey::look_alikes(&config, &surveyed);
    let unmatched = policy.map_or_else(Vec::new, |policy| unmatched(&policy, &config, &surveyed));
    let written = if args.common.json() {
        let servers: Vec<Value> = found.iter().map(Found::value).collect();
        out::json(
            &json!({ "servers": servers, "look_alikes": alike, "unmatched_rules": unmatched }),
        )
        .await
    } else if surveyed.is_empty() {
        out::say("", &no_servers(&config));
        Ok(())
    } else {
        let warnings = alike.iter().chain(&unmatched);
        let warnings = warnings.map(|warning| format!("warning: {warning}\n"));
        out::page(&warnings.collect::<String>()).await
    };
    survey::close(surveyed).await;
    written?;
    // The most severe result decides.
    Ok([Exit::Host, Exit::Usage, Exit::Denied]
        .into_iter()
        .find(|exit| found.iter().any(|one| one.exit == *exit))
        .unwrap_or(Exit::Finished))
}

/// Rules of the policy that match nothing of these servers.
fn unmatched(policy: &Policy, config: &Config, surveyed: &[Surveyed<'_>]) -> Vec<String> {
    let tools = |name: &str| {
        let one = surveyed.iter().find(|one| one.name == name)?;
        match &one.state {
            State::Ready(client, _) => {
                Some(client.listed().iter().map(|tool| &*tool.name).collect())
            }
            State::Disabled | State::Failed(_) => None,
        }
    };
    let servers: Vec<_> = config
        .names()
        .map(|name| KnownServer {
            name,
            tools: tools(name),
        })
        .collect();
    policy.unmatched(&servers)
}

/// The findings about one server.
struct Found {
    name: String,
    /// The state, in one word.
    state: &'static str,
    /// Details after the state, such as the number of tools.
    about: String,
    errors: Vec<String>,
    warnings: Vec<String>,
    exit: Exit,
}

fn find(one: &Surveyed<'_>, named: &[String]) -> Found {
    let mut found = Found {
        name: one.name.to_owned(),
        state: "ok",
        about: String::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
        exit: Exit::Finished,
    };
    match &one.state {
        State::Disabled => {
            found.state = "disabled";
            // The user named it, and expects it to work.
            if named.iter().any(|name| name == one.name) {
                found.fail(Exit::Usage, "remove `disabled` to use it".to_owned());
            }
        }
        State::Failed(error) => {
            found.state = "failed";
            found.fail(exit_of(error), message(error));
        }
        State::Ready(client, start) => {
            let count = client.listed().len();
            let plural = if count == 1 { "" } else { "s" };
            let (protocol, start) = (client.protocol(), start.as_millis());
            found.about = format!("{count} tool{plural}, protocol {protocol}, {start} ms");
            found.warnings = one
                .config
                .map_or_else(Vec::new, |config| warnings(config, client));
            found.drifts(client);
        }
    }
    found
}

fn warnings(config: &ServerConfig, client: &Client) -> Vec<String> {
    if client.listed().is_empty() {
        return vec!["it has no tools".to_owned()];
    }
    let labels = names::tool_labels(client.tools().iter().map(|tool| &*tool.name));
    let mut budget = Budget::of(client.tools().len());
    // Each tool of a server has a unique name, and therefore a unique label.
    let untyped = (client.tools().iter().zip(labels)).filter_map(|(tool, (label, _))| {
        let definition = mcp_host::definition(tool);
        let refusal = budget.function(&label, &definition).err()?;
        Some(refusal.to_string())
    });
    let unknown = config.unknown_tools(client.listed()).map(|name| {
        let name = names::shown(name);
        format!("`limits` or `cache` names unknown tool `{name}`")
    });
    untyped
        .chain(unknown)
        .map(|warning| hidden(&warning))
        .collect()
}

impl Found {
    fn fail(&mut self, exit: Exit, error: String) {
        self.exit = exit;
        self.errors.push(with_config(&hidden(&error)).into_owned());
    }

    fn drifts(&mut self, client: &Client) {
        for drift in client.drifts() {
            match drift.kind {
                DriftKind::Gone => {
                    let tool = names::shown(&drift.tool);
                    let gone = format!("tool `{tool}` is pinned and gone");
                    self.warnings.push(hidden(&gone));
                }
                DriftKind::Changed | DriftKind::New => {
                    self.state = "refused";
                    self.fail(Exit::Denied, drift.refusal(client.name()));
                }
            }
        }
    }

    fn text(&self) -> String {
        let name = names::shown(&self.name);
        let mut text = format!("{name}: {}", self.state);
        if !self.about.is_empty() {
            text.push_str(&format!(" ({})", self.about));
        }
        text.push('\n');
        let problems = (self.errors.iter().map(|error| ("error", error)))
            .chain(self.warnings.iter().map(|warning| ("warning", warning)));
        for (kind, problem) in problems {
            let problem = text::message(problem).replace('\n', "\n    ");
            text.push_str(&format!("  {kind}: {problem}\n"));
        }
        text
    }

    fn value(&self) -> Value {
        json!({
            "name": self.name,
            "state": self.state,
            "errors": self.errors,
            "warnings": self.warnings,
        })
    }
}

/// The error with its causes.
pub(super) fn message(error: &ConnectError) -> String {
    crate::exit::chain(error)
}
