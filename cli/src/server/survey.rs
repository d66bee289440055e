//! Starts servers to check them: several at once, in the order of the configuration. Calls none of their tools.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use mcp_bridge::{Client, Compared, Config, ConnectError, ConnectOptions, Lock, ServerConfig};

use crate::exit::{Failure, hidden};
use crate::progress::Progress;

/// The number of servers that start at once. Each may be a runtime that uses a whole core.
const AT_ONCE: usize = 8;

/// One server, and the result of its start.
pub(super) struct Surveyed<'a> {
    pub(super) config: &'a ServerConfig,
    pub(super) state: State,
}

pub(super) enum State {
    Disabled,
    /// The server started in this time.
    Ready(Box<Client>, Duration),
    Failed(ConnectError),
}

/// Starts the named servers, or all of them, under the pins of `lock`. Skips disabled servers.
pub(super) async fn survey<'a>(
    config: &'a Config,
    lock: &Lock,
    names: &[String],
    progress: &Progress,
) -> Result<Vec<Surveyed<'a>>, Failure> {
    let names: Vec<&str> = match names {
        [] => config.names().collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let servers = names
        .iter()
        .map(|name| config.server(name))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Failure::usage(error.into()))?;
    progress.wait_for(format!("starting {}", names.join(", ")));
    let starting = servers.into_iter().map(|server| one(server, lock));
    let surveyed = futures_util::stream::iter(starting)
        .buffered(AT_ONCE)
        .collect()
        .await;
    progress.clear();
    Ok(surveyed)
}

async fn one<'a>(config: &'a ServerConfig, lock: &Lock) -> Surveyed<'a> {
    let started = Instant::now();
    let state = match Client::connect(config, ConnectOptions::new(lock, None)).await {
        Ok(client) => State::Ready(Box::new(client), started.elapsed()),
        Err(ConnectError::Disabled { .. }) => State::Disabled,
        Err(error) => State::Failed(error),
    };
    Surveyed { config, state }
}

/// So many pairs of names are shown: a hostile server may have thousands.
const MOST_ALIKE: usize = 100;

/// Names of servers and tools that only look alike.
pub(super) fn look_alikes(config: &Config, surveyed: &[Surveyed<'_>]) -> Vec<String> {
    let servers = config.names().map(|name| (None, name));
    let tools = surveyed.iter().filter_map(|one| match &one.state {
        State::Ready(client, _) => Some(names(client)),
        State::Disabled | State::Failed(_) => None,
    });
    shown(servers.chain(tools.flatten()))
}

/// The tools of one server that only look alike.
pub(super) fn look_alikes_of(client: &Client) -> Vec<String> {
    shown(names(client))
}

/// All tools of a server, those that the pins keep out included.
fn names(client: &Client) -> impl Iterator<Item = Compared<'_>> {
    mcp_bridge::compared_tools(client.name(), client.listed())
}

fn shown<'a>(names: impl Iterator<Item = Compared<'a>>) -> Vec<String> {
    let alike = mcp_bridge::look_alikes(names, MOST_ALIKE);
    let shown = alike.iter().map(|alike| hidden(&alike.to_string()));
    shown.collect()
}

/// Closes all servers concurrently, and waits for them.
pub(super) async fn close(surveyed: Vec<Surveyed<'_>>) {
    let closing = surveyed.into_iter().filter_map(|one| match one.state {
        State::Ready(client, _) => Some(client.close()),
        State::Disabled | State::Failed(_) => None,
    });
    futures_util::future::join_all(closing).await;
}
