//! Starts servers to check them: several at once, the next as soon as one of them is done. Calls none of their tools.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use mcp_bridge::{
    Client, Compared, Config, ConfigError, ConnectError, ConnectOptions, Lock, ServerConfig,
};

use crate::exit::{Failure, hidden};
use crate::progress::Progress;

/// The number of servers that start at once. Each may be a runtime that uses a whole core.
const AT_ONCE: usize = 8;

/// One server, and the result of its start.
pub(super) struct Surveyed<'a> {
    pub(super) name: &'a str,
    /// `None`: its entry is not understood.
    pub(super) config: Option<&'a ServerConfig>,
    pub(super) state: State,
}

pub(super) enum State {
    Disabled,
    /// The server started in this time.
    Ready(Box<Client>, Duration),
    Failed(ConnectError),
}

/// Starts the named servers, or all of them, under the pins of `lock`. Skips disabled servers. Calls `done` with each
/// as soon as its state is known, while the others go on; the result has the order of the configuration.
pub(super) async fn survey<'a>(
    config: &'a Config,
    lock: &Lock,
    names: &'a [String],
    progress: &Progress,
    done: impl AsyncFn(&Surveyed<'a>) -> Result<(), Failure>,
) -> Result<Vec<Surveyed<'a>>, Failure> {
    let names: Vec<&'a str> = match names {
        [] => config.names().collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    for name in &names {
        // An entry that is not understood is the state of that server.
        if let Err(error @ ConfigError::UnknownServer { .. }) = config.server(name) {
            return Err(Failure::usage(error.into()));
        }
    }
    let starting = names.iter().enumerate().map(async |(at, name)| {
        let one = one(config, name, lock).await;
        let written = done(&one).await;
        (at, one, written)
    });
    let mut starting = futures_util::stream::iter(starting).buffer_unordered(AT_ONCE);
    let mut surveyed: Vec<Option<Surveyed<'a>>> = names.iter().map(|_| None).collect();
    progress.wait_for(missing(&names, &surveyed));
    while let Some((at, one, written)) = starting.next().await {
        surveyed[at] = Some(one);
        if let Err(failure) = written {
            drop(starting);
            close(surveyed.into_iter().flatten().collect()).await;
            return Err(failure);
        }
        progress.wait_for(missing(&names, &surveyed));
    }
    progress.clear();
    Ok(surveyed.into_iter().flatten().collect())
}

/// The servers that are not done yet, for the user who waits.
fn missing(names: &[&str], surveyed: &[Option<Surveyed<'_>>]) -> String {
    let missing = names.iter().zip(surveyed).filter(|(_, one)| one.is_none());
    let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
    format!("starting {}", missing.join(", "))
}

async fn one<'a>(config: &'a Config, name: &'a str, lock: &Lock) -> Surveyed<'a> {
    let started = Instant::now();
    let (server, state) = match config.server(name) {
        _ if config.is_disabled(name) => (config.server(name).ok(), State::Disabled),
        Err(error) => (None, State::Failed(error.into())),
        Ok(server) => {
            let connected = Client::connect(server, ConnectOptions::new(lock, None)).await;
            let state = match connected {
                Ok(client) => State::Ready(Box::new(client), started.elapsed()),
                Err(error) => State::Failed(error),
            };
            (Some(server), state)
        }
    };
    Surveyed {
        name,
        config: server,
        state,
    }
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
