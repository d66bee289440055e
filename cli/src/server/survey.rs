//! Starts servers to check them: several at once, in the order of the configuration. Calls none of their tools.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use mcp_bridge::{Client, Config, ConnectError, ConnectOptions, Lock, Named, ServerConfig};

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
    let state = if config.disabled {
        State::Disabled
    } else {
        match Client::connect(config, ConnectOptions::new(lock, None)).await {
            Ok(client) => State::Ready(Box::new(client), started.elapsed()),
            Err(error) => State::Failed(error),
        }
    };
    Surveyed { config, state }
}

/// Names of servers and tools that look alike.
pub(super) fn look_alikes(config: &Config, surveyed: &[Surveyed<'_>]) -> Vec<String> {
    let servers = config.names().map(|name| Named {
        name: name.to_owned(),
        server: None,
    });
    let tools = surveyed.iter().flat_map(|one| match &one.state {
        State::Ready(client, _) => tool_names(client),
        State::Disabled | State::Failed(_) => Vec::new(),
    });
    let alike = mcp_bridge::look_alikes(servers.chain(tools));
    alike
        .iter()
        .map(|alike| hidden(&alike.to_string()))
        .collect()
}

/// All tools of a server, including those that the pins omit.
pub(super) fn tool_names(client: &Client) -> Vec<Named> {
    let named = client.listed().iter().map(|tool| Named {
        name: tool.name.to_string(),
        server: Some(client.name().to_owned()),
    });
    named.collect()
}

/// Closes all servers concurrently, and waits for them.
pub(super) async fn close(surveyed: Vec<Surveyed<'_>>) {
    let closing = surveyed.into_iter().filter_map(|one| match one.state {
        State::Ready(client, _) => Some(client.close()),
        State::Disabled | State::Failed(_) => None,
    });
    futures_util::future::join_all(closing).await;
}
