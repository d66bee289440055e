//! `mcp-host server list`: one line per server.

use std::collections::BTreeSet;

use clap::Args;
use mcp_bridge::{Client, ConnectError, HttpFault, LoginState, Transport};
use mcp_codegen::names::shown;
use serde_json::{Value, json};

use super::check;
use super::common::{Common, no_servers};
use super::survey::{self, State, Surveyed};
use crate::exit::{Exit, Failure};
use crate::format::about;
use crate::out;
use crate::progress::Progress;
use crate::table::table;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server list
  mcp-host server list --format json

A server that does not start is listed and is not an error; `mcp-host server check` reports what is wrong with it.";

#[derive(Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &ListArgs, progress: &Progress) -> Result<Exit, Failure> {
    let config = args.common.read()?;
    let lock = args.common.lock(&config)?;
    let surveyed = survey::survey(&config, &lock, &[], progress, async |_| Ok(())).await?;
    let alike = survey::look_alikes(&config, &surveyed);
    let written = if args.common.json() {
        let servers: Vec<Value> = surveyed.iter().map(value).collect();
        out::json(&json!({ "servers": servers, "look_alikes": alike })).await
    } else if surveyed.is_empty() {
        out::say("", &no_servers(&config));
        Ok(())
    } else {
        let written = out::page(&text(&surveyed)).await;
        for kept in kept(&surveyed) {
            out::say("", &format!("logins are kept {kept}"));
        }
        if surveyed
            .iter()
            .any(|one| matches!(one.state, State::Failed(_)))
        {
            out::say("hint:  ", "`mcp-host server check` says what is wrong");
        }
        for alike in &alike {
            out::say("warning: ", alike);
        }
        written
    };
    survey::close(surveyed).await;
    written?;
    Ok(Exit::Finished)
}

fn text(surveyed: &[Surveyed<'_>]) -> String {
    const HEAD: [&str; 8] = [
        "NAME",
        "TRANSPORT",
        "STATE",
        "LOGIN",
        "TOOLS",
        "PROTOCOL",
        "START",
        "COMMAND OR URL",
    ];
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(surveyed.iter().map(|one| {
        let (tools, protocol, start) = match &one.state {
            State::Ready(server, start) => (
                tools(server),
                shown(server.protocol()),
                format!("{} ms", start.as_millis()),
            ),
            State::Disabled | State::Failed(_) => ("-".into(), "-".into(), "-".into()),
        };
        vec![
            shown(one.name),
            transport(one).to_owned(),
            state(one).to_owned(),
            login(one).unwrap_or_else(|| "-".to_owned()),
            tools,
            protocol,
            start,
            one.config.map_or_else(
                || "-".to_owned(),
                |config| shown(&config.transport.to_string()),
            ),
        ]
    }));
    // Most configurations have no login: no column says so.
    let column = 3;
    if rows[1..].iter().all(|row| row[column] == "-") {
        for row in &mut rows {
            row.remove(column);
        }
    }
    table(&rows)
}

/// Where logins of these servers are kept, each place once.
fn kept(surveyed: &[Surveyed<'_>]) -> BTreeSet<String> {
    let configs = surveyed.iter().filter_map(|one| one.config);
    configs.filter_map(mcp_bridge::login_kept).collect()
}

/// The number of tools, and how many of them the pins omit.
fn tools(client: &Client) -> String {
    match client.listed().len() - client.tools().len() {
        0 => client.tools().len().to_string(),
        refused => format!("{} ({refused} refused)", client.listed().len()),
    }
}

fn value(one: &Surveyed<'_>) -> Value {
    let mut value = json!({
        "name": one.name,
        "transport": transport(one),
        "target": one.config.map(|config| config.transport.to_string()),
        "state": state(one),
    });
    if let Some(login) = login(one) {
        value["login"] = login.into();
    }
    if let Some(kept) = one.config.and_then(mcp_bridge::login_kept) {
        value["login_kept"] = kept.into();
    }
    match &one.state {
        State::Disabled => {}
        State::Ready(server, start) => {
            value["tools"] = server.tools().len().into();
            value["refused"] = (server.listed().len() - server.tools().len()).into();
            value["protocol"] = server.protocol().into();
            value["start_ms"] = mcp_host::millis(*start).into();
        }
        State::Failed(error) => value["error"] = check::message(error).into(),
    }
    value
}

/// How the login of the server stands. `None`: it has none, and wants none.
fn login(one: &Surveyed<'_>) -> Option<String> {
    let refused = matches!(
        &one.state,
        State::Failed(ConnectError::Http {
            fault: HttpFault::Unauthorized { .. } | HttpFault::InsufficientScope { .. },
            ..
        })
    );
    let state = one.config.and_then(mcp_bridge::login_state);
    let state = match state {
        _ if refused => "needs login".to_owned(),
        Some(LoginState::Renews | LoginState::Lasts(None)) => "ok".to_owned(),
        Some(LoginState::Lasts(Some(left))) => format!("expires in {}", about(left)),
        Some(LoginState::Ended) => "needs login".to_owned(),
        Some(LoginState::Unreadable(_)) => "unreadable".to_owned(),
        Some(_) | None => return None,
    };
    Some(state)
}

fn transport(one: &Surveyed<'_>) -> &'static str {
    match one.config.map(|config| &config.transport) {
        Some(Transport::Stdio { .. }) => "stdio",
        Some(_) => "http",
        None => "-",
    }
}

fn state(one: &Surveyed<'_>) -> &'static str {
    match one.state {
        State::Disabled => "disabled",
        State::Ready(..) => "ready",
        State::Failed(_) => "failed",
    }
}
