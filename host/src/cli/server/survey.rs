//! Starts servers to see how they are: several at once, in the order of the configuration.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use mcp_bridge::{Config, ConnectError, Server, ServerConfig};

use crate::cli::exit::Failure;
use crate::cli::progress::Progress;

/// So many servers start at the same time. Each may be a runtime that takes a whole core.
const AT_ONCE: usize = 8;

/// One server, and what came of starting it.
pub(super) struct Surveyed<'a> {
    pub(super) config: &'a ServerConfig,
    pub(super) state: State,
}

pub(super) enum State {
    Disabled,
    /// It was started in this time.
    Ready(Box<Server>, Duration),
    Failed(ConnectError),
}

/// Starts the named servers, or all of them. One that is disabled is not started.
pub(super) async fn survey<'a>(
    config: &'a Config,
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
    let surveyed = futures_util::stream::iter(servers.into_iter().map(one))
        .buffered(AT_ONCE)
        .collect()
        .await;
    progress.clear();
    Ok(surveyed)
}

async fn one(config: &ServerConfig) -> Surveyed<'_> {
    let started = Instant::now();
    let state = if config.disabled {
        State::Disabled
    } else {
        match Server::connect(config).await {
            Ok(server) => State::Ready(Box::new(server), started.elapsed()),
            Err(error) => State::Failed(error),
        }
    };
    Surveyed { config, state }
}

/// Lets all servers end by themselves, at the same time.
pub(super) async fn close(surveyed: Vec<Surveyed<'_>>) {
    let closing = surveyed.into_iter().filter_map(|one| match one.state {
        State::Ready(server, _) => Some(server.close()),
        State::Disabled | State::Failed(_) => None,
    });
    futures_util::future::join_all(closing).await;
}
