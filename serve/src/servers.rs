//! The configured servers, each started when it is first needed, and on its own: one that is slow, broken or wants a
//! login marks itself and delays no other. Names and tools are known from last time before anything starts.

mod configuration;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mcp_bridge::{Client, ConnectError, ConnectOptions, HttpFault, Tool, Transport, with_causes};
use mcp_host::ToolServer;
use tokio::sync::watch;

use crate::kept::KeptLists;
pub(crate) use configuration::Configuration;
use configuration::Loaded;

/// A server that failed is tried again after this time, and not before.
const AGAIN: Duration = Duration::from_secs(5);

/// How a server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was not needed yet.
    Idle,
    Starting,
    Up,
    /// It failed, and why.
    Down(String),
    /// It refused the credentials that it got.
    NeedsLogin,
}

/// One server, as the instructions and the answers name it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// How many tools it has, if that is known.
    pub(crate) tools: Option<usize>,
    pub(crate) standing: Standing,
}

/// A server, and its tools as far as they are known.
pub(crate) struct Known {
    pub(crate) listed: Listed,
    pub(crate) tools: Vec<Tool>,
}

/// A server that cannot be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// It is not in the configuration.
    Unknown,
    Down(String),
    NeedsLogin,
}

pub(crate) struct Servers {
    configuration: Configuration,
    /// `None`: there is no directory for them.
    kept: Option<Arc<KeptLists>>,
    slots: Mutex<Slots>,
    /// Changes with everything that a search shows.
    generation: Arc<AtomicU64>,
}

/// The servers of one version of the configuration.
#[derive(Default)]
struct Slots {
    version: u64,
    by_name: HashMap<String, Arc<Slot>>,
}

/// One server that was needed.
struct Slot {
    /// What the configuration says of it.
    entry: String,
    state: watch::Sender<State>,
}

#[derive(Clone)]
enum State {
    Idle,
    Starting,
    Up(Arc<dyn ToolServer>),
    Down(Unavailable, Instant),
}

impl State {
    fn is_settled(&self) -> bool {
        matches!(self, Self::Up(_) | Self::Down(..))
    }

    fn needs_start(&self) -> bool {
        match self {
            Self::Idle => true,
            Self::Down(_, since) => since.elapsed() > AGAIN,
            Self::Starting | Self::Up(_) => false,
        }
    }
}

impl Servers {
    pub(crate) fn new(configuration: Configuration, kept: Option<KeptLists>) -> Self {
        Self {
            configuration,
            kept: kept.map(Arc::new),
            slots: Mutex::default(),
            generation: Arc::default(),
        }
    }

    /// A number that changes with everything that [`Self::known`] returns.
    pub(crate) fn generation(&self) -> u64 {
        let version = self.configuration.now().version;
        // Both only grow.
        self.generation.load(Ordering::Acquire) + (version << 32)
    }

    /// What is wrong with the configuration file as it is now. The last one that could be read is in use.
    pub(crate) fn fault(&self) -> Option<String> {
        self.configuration.now().fault.clone()
    }

    /// All servers, in the order of the configuration.
    pub(crate) fn listed(&self) -> Vec<Listed> {
        let loaded = self.configuration.now();
        let names = loaded.names();
        names
            .map(|name| {
                let state = self.peek(&loaded, name);
                let tools = match &state {
                    State::Up(server) => Some(server.tools().len()),
                    _ => self.count(&loaded, name),
                };
                Listed {
                    name: name.to_owned(),
                    tools,
                    standing: standing(&state),
                }
            })
            .collect()
    }

    /// The tools of every server as far as they are known without a start: the live ones, else those from last time.
    /// Each server comes with its standing.
    pub(crate) fn known(&self) -> Vec<Known> {
        let loaded = self.configuration.now();
        let names = loaded.names();
        names
            .map(|name| {
                let state = self.peek(&loaded, name);
                let tools = match &state {
                    State::Up(server) => server.tools().to_vec(),
                    _ => self.last_listed(&loaded, name),
                };
                let listed = Listed {
                    name: name.to_owned(),
                    tools: (!tools.is_empty()).then_some(tools.len()),
                    standing: standing(&state),
                };
                Known { listed, tools }
            })
            .collect()
    }

    /// The names of all servers.
    pub(crate) fn names(&self) -> Vec<String> {
        let loaded = self.configuration.now();
        loaded.names().map(str::to_owned).collect()
    }

    /// Starts the servers whose tools are not known, and does not wait for them.
    pub(crate) fn start_unknown(&self) {
        let loaded = self.configuration.now();
        for name in loaded.names() {
            if self.count(&loaded, name).is_none() {
                self.start(&loaded, name);
            }
        }
    }

    /// Waits until no server is starting.
    pub(crate) async fn settled(&self) {
        let slots: Vec<_> = self.slots().by_name.values().cloned().collect();
        for slot in slots {
            let mut state = slot.state.subscribe();
            // An error says that the slot is gone.
            let _ = state
                .wait_for(|state| !matches!(state, State::Starting))
                .await;
        }
    }

    /// The server, started if it is not.
    pub(crate) async fn up(&self, name: &str) -> Result<Arc<dyn ToolServer>, Unavailable> {
        let loaded = self.configuration.now();
        if !loaded.names().any(|known| known == name) {
            return Err(Unavailable::Unknown);
        }
        let slot = self.start(&loaded, name);
        let mut state = slot.state.subscribe();
        let settled = state.wait_for(State::is_settled).await;
        match settled.as_deref() {
            Ok(State::Up(server)) => Ok(Arc::clone(server)),
            Ok(State::Down(why, _)) => Err(why.clone()),
            Ok(State::Idle | State::Starting) | Err(_) => {
                Err(Unavailable::Down("the configuration changed".to_owned()))
            }
        }
    }

    /// The name in the configuration that this label or name means.
    pub(crate) fn name_of(&self, label: &str) -> Option<String> {
        let loaded = self.configuration.now();
        let mut names = loaded.names();
        let wanted = mcp_codegen::names::label(label);
        let same = |name: &str| name == label || mcp_codegen::names::label(name) == wanted;
        names.find(|name| same(name)).map(str::to_owned)
    }

    /// The server that an import means.
    ///
    /// # Errors
    ///
    /// The names of two servers that the import could mean: a script must not reach one by the name of the other.
    pub(crate) fn imported(&self, label: &str) -> Result<Option<String>, [String; 2]> {
        let loaded = self.configuration.now();
        let wanted = mcp_codegen::names::label(label);
        let mut found = loaded
            .names()
            .filter(|name| mcp_codegen::names::label(name) == wanted);
        match (found.next(), found.next()) {
            (Some(first), Some(second)) => Err([first.to_owned(), second.to_owned()]),
            (first, _) => Ok(first.map(str::to_owned)),
        }
    }

    /// Ends all servers. Each may finish its work for a short time.
    pub(crate) async fn close(&self) {
        let slots = std::mem::take(&mut *self.slots());
        let up = slots.by_name.into_values().filter_map(|slot| {
            match slot.state.send_replace(State::Idle) {
                State::Up(server) => Some(server.close()),
                _ => None,
            }
        });
        futures_util::future::join_all(up).await;
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot of a server under this configuration. A slot whose entry changed is dropped: its server
    /// ends when no call holds it any more.
    fn slot(&self, loaded: &Loaded, name: &str) -> Arc<Slot> {
        let mut slots = self.slots();
        if slots.version != loaded.version {
            slots.version = loaded.version;
            let is_same = |name: &String, slot: &mut Arc<Slot>| slot.entry == loaded.entry(name);
            slots.by_name.retain(is_same);
        }
        let slot = slots.by_name.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Slot {
                entry: loaded.entry(name),
                state: watch::Sender::new(State::Idle),
            })
        });
        Arc::clone(slot)
    }

    fn peek(&self, loaded: &Loaded, name: &str) -> State {
        self.slot(loaded, name).state.borrow().clone()
    }

    fn count(&self, loaded: &Loaded, name: &str) -> Option<usize> {
        self.kept.as_ref()?.count(&loaded.entry(name), name)
    }

    fn last_listed(&self, loaded: &Loaded, name: &str) -> Vec<Tool> {
        let kept = self.kept.as_ref();
        kept.and_then(|kept| kept.read(&loaded.entry(name), name))
            .unwrap_or_default()
    }

    /// Starts the server unless it runs or is starting.
    fn start(&self, loaded: &Arc<Loaded>, name: &str) -> Arc<Slot> {
        let slot = self.slot(loaded, name);
        let starts = slot.state.send_if_modified(|state| {
            let starts = state.needs_start();
            if starts {
                *state = State::Starting;
            }
            starts
        });
        if starts {
            let (loaded, name) = (Arc::clone(loaded), name.to_owned());
            let (slot, kept) = (Arc::clone(&slot), self.kept.clone());
            let generation = Arc::clone(&self.generation);
            // A task of its own: a client that goes away does not stop a start that another waits for.
            tokio::spawn(async move {
                let state = match connect(&loaded, &name).await {
                    Ok(client) => {
                        if let Some(kept) = kept {
                            kept.write(&loaded.entry(&name), &name, client.tools());
                        }
                        State::Up(Arc::new(client))
                    }
                    Err(why) => State::Down(why, Instant::now()),
                };
                slot.state.send_replace(state);
                generation.fetch_add(1, Ordering::Release);
            });
        }
        slot
    }
}

async fn connect(loaded: &Loaded, name: &str) -> Result<Client, Unavailable> {
    let down = |error: &(dyn std::error::Error + 'static)| Unavailable::Down(with_causes(error));
    let server = loaded.config.server(name).map_err(|error| down(&error))?;
    if is_this_program(&server.transport) {
        return Err(Unavailable::Down(format!(
            "`{name}` is `mcp-host serve` itself: it would start itself without end"
        )));
    }
    let lock = loaded.lock().map_err(|error| down(&error))?;
    match Client::connect(server, ConnectOptions::new(&lock, None)).await {
        Ok(client) => {
            client.warn(server);
            Ok(client)
        }
        Err(ConnectError::Http {
            fault: HttpFault::Unauthorized { .. },
            ..
        }) => Err(Unavailable::NeedsLogin),
        Err(error) => Err(down(&error)),
    }
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

fn standing(state: &State) -> Standing {
    match state {
        State::Idle => Standing::Idle,
        State::Starting => Standing::Starting,
        State::Up(_) => Standing::Up,
        State::Down(Unavailable::NeedsLogin, _) => Standing::NeedsLogin,
        State::Down(Unavailable::Down(why), _) => Standing::Down(why.clone()),
        State::Down(Unavailable::Unknown, _) => Standing::Down("it is not configured".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn an_import_that_two_servers_could_mean_names_both() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mcp.json");
        let text = r#"{"mcpServers":{"my_server":{"command":"a"},"my-server":{"command":"b"},"c":{"command":"c"}}}"#;
        std::fs::write(&file, text).unwrap();
        let servers = Servers::new(Configuration::open(Some(file)).unwrap(), None);
        let both = ["my_server".to_owned(), "my-server".to_owned()];
        assert_eq!(servers.imported("my-server"), Err(both));
        assert_eq!(servers.imported("c"), Ok(Some("c".to_owned())));
        assert_eq!(servers.imported("d"), Ok(None));
    }
}
