//! `mcp-host server check`: what is wrong with the servers, for people and for scripts.

use clap::Args;
use mcp_bridge::{ConnectError, Server};
use serde_json::{Value, json};

use super::survey::{self, State, Surveyed};
use super::{Common, exit_of};
use crate::cli::exit::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::cli::report;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server check
  mcp-host server check github --format json

Exit codes:
  0  every server starts and lists its tools; what is only a warning is printed
  2  the configuration is wrong
  6  a server does not start, or does not speak MCP";

#[derive(Args)]
pub(super) struct CheckArgs {
    /// Servers to check; all that are not disabled if none is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &CheckArgs, progress: &Progress) -> Result<Exit, Failure> {
    let config = args.common.read()?;
    let surveyed = survey::survey(&config, &args.names, progress).await?;
    let found: Vec<Found> = surveyed.iter().map(|one| find(one, &args.names)).collect();
    if args.common.json() {
        let servers: Vec<Value> = found.iter().map(Found::value).collect();
        report::print_json(&json!({ "servers": servers }));
    } else {
        report::print(&found.iter().map(Found::text).collect::<String>());
    }
    survey::close(surveyed).await;
    // The worst of all decides.
    Ok([Exit::Host, Exit::Usage]
        .into_iter()
        .find(|exit| found.iter().any(|one| one.exit == *exit))
        .unwrap_or(Exit::Finished))
}

/// What was found out about one server.
struct Found {
    name: String,
    /// In a word.
    state: &'static str,
    /// What goes behind it: the number of tools, say.
    about: String,
    errors: Vec<String>,
    warnings: Vec<String>,
    exit: Exit,
}

fn find(one: &Surveyed<'_>, named: &[String]) -> Found {
    let mut found = Found {
        name: one.config.name.clone(),
        state: "ok",
        about: String::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
        exit: Exit::Finished,
    };
    match &one.state {
        State::Disabled => {
            found.state = "disabled";
            // Whoever names it expects it to work.
            if named.contains(&one.config.name) {
                found.fail(Exit::Usage, "remove `disabled` to use it".to_owned());
            }
        }
        State::Failed(error) => {
            found.state = "failed";
            found.fail(exit_of(error), message(error));
        }
        State::Ready(server, start) => {
            let count = server.tools().len();
            let plural = if count == 1 { "" } else { "s" };
            let (protocol, start) = (server.protocol(), start.as_millis());
            found.about = format!("{count} tool{plural}, protocol {protocol}, {start} ms");
            found.warnings = warnings(server);
        }
    }
    found
}

fn warnings(server: &Server) -> Vec<String> {
    if server.tools().is_empty() {
        return vec!["it has no tools".to_owned()];
    }
    let labels = mcp_codegen::names::tool_labels(server.tools().iter().map(|tool| &*tool.name));
    labels
        .iter()
        .filter_map(|(label, name)| {
            let tool = server.tool(name)?;
            let refusal = mcp_codegen::function(label, &mcp_host::definition(tool)).err()?;
            Some(refusal.to_string())
        })
        .collect()
}

impl Found {
    fn fail(&mut self, exit: Exit, error: String) {
        self.exit = exit;
        self.errors.push(error);
    }

    fn text(&self) -> String {
        let name = mcp_codegen::names::shown(&self.name);
        let mut text = format!("{name}: {}", self.state);
        if !self.about.is_empty() {
            text.push_str(&format!(" ({})", self.about));
        }
        text.push('\n');
        let problems = (self.errors.iter().map(|error| ("error", error)))
            .chain(self.warnings.iter().map(|warning| ("warning", warning)));
        for (kind, problem) in problems {
            let problem = problem.replace('\n', "\n    ");
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
    crate::cli::exit::chain(error)
}
