//! Starts one server, and takes down what it listed. Knows no other server.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mcp_bridge::{
    Client, ConnectError, ConnectOptions, Drift, HttpFault, ServerConfig, Transport, with_causes,
};

use super::configuration::Loaded;
use super::slot::{NeedsLogin, State, Unavailable};
use crate::kept::KeptLists;
use crate::list::List;

/// Starts the server, and says how it stands afterwards.
pub(super) async fn start(loaded: &Loaded, name: &str, kept: Option<Arc<KeptLists>>) -> State {
    let up = async {
        let (client, config) = connect(loaded, name).await?;
        listed(client, config, loaded.entry(name), kept).await
    };
    match up.await {
        Ok((client, list)) => State::Up(Arc::new(client), list),
        Err(why) => State::Down(why, Instant::now()),
    }
}

async fn connect(loaded: &Loaded, name: &str) -> Result<(Client, ServerConfig), Unavailable> {
    let server = loaded.config.server(name).map_err(|error| down(&error))?;
    if is_this_program(&server.transport) {
        return Err(Unavailable::Down(format!(
            "`{name}` is `mcp-host serve` itself: it would start itself without end"
        )));
    }
    let lock = loaded.lock().map_err(|error| down(&error))?;
    match Client::connect(server, ConnectOptions::new(&lock, None)).await {
        Ok(client) => Ok((client, server.clone())),
        Err(ConnectError::Http {
            address,
            fault:
                HttpFault::Unauthorized { command, .. } | HttpFault::InsufficientScope { command, .. },
            ..
        }) => {
            let file = loaded.config.origin().unwrap_or(Path::new("mcp.json"));
            let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            Err(Unavailable::NeedsLogin(NeedsLogin {
                address,
                file: file.display().to_string(),
                command,
            }))
        }
        Err(error) => Err(down(&error)),
    }
}

/// Compares the tools with their pins, measures and keeps them. A server may list very many, so that this is no work
/// for a thread that answers others.
async fn listed(
    client: Client,
    config: ServerConfig,
    entry: Arc<str>,
    kept: Option<Arc<KeptLists>>,
) -> Result<(Client, List), Unavailable> {
    let work = move || {
        client.warn(&config);
        // A call of a tool that is not as it was pinned asks: an agent has to find it.
        let drifted = client.drifts().iter().filter_map(Drift::live);
        let list = List::of(client.tools().iter().chain(drifted));
        if list.left_out() > 0 {
            let (server, all) = (client.name(), list.all);
            tracing::warn!(
                server,
                all,
                kept = list.tools.len(),
                "search knows a part of the tools"
            );
        }
        if let Some(kept) = kept {
            kept.write(&entry, client.name(), &list);
        }
        (client, list)
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| down(&error))
}

fn down(error: &(dyn std::error::Error + 'static)) -> Unavailable {
    Unavailable::Down(with_causes(error))
}

/// Whether a server is this very command. A client's configuration names it beside the servers that it is to serve.
fn is_this_program(transport: &Transport) -> bool {
    let Transport::Stdio { command, args, .. } = transport else {
        return false;
    };
    let name = Path::new(command).file_name();
    let own = std::env::current_exe();
    let own = own.as_deref().ok().and_then(Path::file_name);
    let is_named = name.is_some_and(|name| name == "mcp-host") || (name.is_some() && name == own);
    is_named && args.iter().any(|argument| argument == "serve")
}
