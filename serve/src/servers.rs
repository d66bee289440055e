//! The configured servers, each started when it is first needed, and on its own: one that is slow, broken or wants a
//! login marks itself and delays no other. Names and tools are known from last time before anything starts.

mod configuration;
mod slot;
mod start;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use mcp_bridge::{Config, Lock, Tool};
use mcp_host::ToolServer;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::kept::KeptLists;
use crate::list::List;
use crate::unaccepted::{Unaccepted, readable};
use configuration::Loaded;
pub(crate) use configuration::{Configuration, entries};
pub(crate) use slot::{NeedsLogin, Standing, Unavailable};
use slot::{Slot, State};

/// One server, as the instructions and the answers name it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// How many tools it has, if that is known.
    pub(crate) tools: Option<usize>,
    pub(crate) standing: Standing,
}

/// A server, and its tools as far as they are known.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) listed: Listed,
    /// As a model may read of them.
    pub(crate) tools: Arc<[Tool]>,
    /// Which of them are not as they were pinned.
    pub(crate) unaccepted: Unaccepted,
    /// As the server declares them.
    declared: Arc<[Tool]>,
    /// How many of its tools are not among these.
    pub(crate) left_out: usize,
    /// What they take as JSON.
    pub(crate) bytes: usize,
    /// What the configuration says of it.
    entry: Arc<str>,
}

impl Known {
    /// Whether its tools are not known.
    pub(crate) fn is_unlisted(&self) -> bool {
        self.listed.tools.is_none()
    }
}

pub(crate) struct Servers {
    configuration: Configuration,
    /// `None`: there is no directory for them.
    kept: Option<Arc<KeptLists>>,
    slots: Mutex<Slots>,
    /// Changes with everything that a search shows.
    generation: Arc<watch::Sender<u64>>,
    /// The servers that are started for their lists; all, where it is not set.
    wanted: OnceLock<Vec<String>>,
}

/// The servers of one version of the configuration.
#[derive(Default)]
struct Slots {
    version: u64,
    by_name: HashMap<String, Arc<Slot>>,
    /// Servers that are starting.
    starts: JoinSet<()>,
    /// No server starts any more.
    is_closed: bool,
}

impl Servers {
    pub(crate) fn new(configuration: Configuration, kept: Option<KeptLists>) -> Self {
        Self {
            configuration,
            kept: kept.map(Arc::new),
            slots: Mutex::default(),
            generation: Arc::default(),
            wanted: OnceLock::new(),
        }
    }

    /// A number that changes with everything that [`Self::known`] returns.
    pub(crate) fn generation(&self) -> u64 {
        let version = self.configuration.now().version;
        // Both only grow.
        *self.generation.borrow() + (version << 32)
    }

    /// Changes when a server is up or down that was not before.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// The configuration as it is now, and a number that changes with it.
    pub(crate) fn config(&self) -> (u64, Config) {
        let loaded = self.configuration.now();
        (loaded.version, loaded.config.clone())
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
                    State::Up(_, list) => Some(list.all),
                    _ => self.count(&loaded, name),
                };
                Listed {
                    name: name.to_owned(),
                    tools,
                    standing: state.standing(),
                }
            })
            .collect()
    }

    /// The tools of every server as far as they are known without a start: the live ones, else those from last time.
    /// Each server comes with its standing. Reads files, except for lists that `last` has.
    pub(crate) fn known(&self, last: &[Known]) -> Vec<Known> {
        let loaded = self.configuration.now();
        // With pins that cannot be read, no server starts.
        let lock = loaded.lock().unwrap_or_default();
        let names = loaded.names();
        names
            .map(|name| {
                let state = self.peek(&loaded, name);
                let entry = loaded.entry(name);
                let list = match &state {
                    State::Up(_, list) => Some(list.clone()),
                    _ => last
                        .iter()
                        .find(|known| known.entry == entry && known.bytes > 0)
                        .map(Known::list)
                        .or_else(|| self.last_listed(&loaded, name)),
                };
                Known::of(name, &state, entry, (list, &lock))
            })
            .collect()
    }

    /// The file of the configuration.
    pub(crate) fn config_file(&self) -> Option<PathBuf> {
        let loaded = self.configuration.now();
        let file = loaded.config.origin()?;
        Some(file.canonicalize().unwrap_or_else(|_| file.to_owned()))
    }

    /// The names of all servers.
    pub(crate) fn names(&self) -> Vec<String> {
        let loaded = self.configuration.now();
        loaded.names().map(str::to_owned).collect()
    }

    /// From now on, only these servers are started for their lists.
    pub(crate) fn want_only(&self, names: Vec<String>) {
        // The first that says so is the only one.
        let _ = self.wanted.set(names);
    }

    /// Starts the servers whose tools are not known, and does not wait for them.
    pub(crate) fn start_unknown(&self) {
        let loaded = self.configuration.now();
        let is_wanted = |name: &str| {
            let wanted = self.wanted.get();
            wanted.is_none_or(|wanted| wanted.iter().any(|one| one == name))
        };
        for name in loaded.names().filter(|name| is_wanted(name)) {
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
            let is_there = |state: &State| !matches!(state, State::Starting);
            let _ = state.wait_for(is_there).await;
        }
    }

    /// The server, started if it is not.
    pub(crate) async fn up(&self, name: &str) -> Result<Arc<dyn ToolServer>, Unavailable> {
        let loaded = self.configuration.now();
        if !loaded.names().any(|known| known == name) {
            return Err(Unavailable::Unknown);
        }
        self.start(&loaded, name).settled().await
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

    /// Ends all servers, those that are starting too. Each may finish its work for a short time.
    pub(crate) async fn close(&self) {
        let (by_name, mut starts) = {
            let mut slots = self.slots();
            slots.is_closed = true;
            let starts = std::mem::take(&mut slots.starts);
            (std::mem::take(&mut slots.by_name), starts)
        };
        // A start that is dropped ends its process.
        starts.shutdown().await;
        let ends = || State::Down(Unavailable::Down(ENDS.to_owned()), Instant::now());
        let up = by_name
            .into_values()
            .filter_map(|slot| match slot.state.send_replace(ends()) {
                State::Up(server, _) => Some(server.close()),
                _ => None,
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
        let new = || Arc::new(Slot::new(loaded.entry(name)));
        Arc::clone(slots.by_name.entry(name.to_owned()).or_insert_with(new))
    }

    fn peek(&self, loaded: &Loaded, name: &str) -> State {
        self.slot(loaded, name).state.borrow().clone()
    }

    fn count(&self, loaded: &Loaded, name: &str) -> Option<usize> {
        self.kept.as_ref()?.count(&loaded.entry(name), name)
    }

    fn last_listed(&self, loaded: &Loaded, name: &str) -> Option<List> {
        self.kept.as_ref()?.read(&loaded.entry(name), name)
    }

    /// Starts the server unless it runs or is starting.
    fn start(&self, loaded: &Arc<Loaded>, name: &str) -> Arc<Slot> {
        let slot = self.slot(loaded, name);
        let mut slots = self.slots();
        if slots.is_closed {
            let ends = Unavailable::Down(ENDS.to_owned());
            slot.state.send_replace(State::Down(ends, Instant::now()));
            return slot;
        }
        if slot.begins() {
            let (loaded, name) = (Arc::clone(loaded), name.to_owned());
            let (starting, kept) = (Arc::clone(&slot), self.kept.clone());
            let generation = Arc::clone(&self.generation);
            // Those that are done.
            while slots.starts.try_join_next().is_some() {}
            // A task of its own: a client that goes away does not stop a start that another waits for.
            slots.starts.spawn(async move {
                let state = start::start(&loaded, &name, kept).await;
                // Both at once: a search that sees the server up must not answer from the index before.
                starting.state.send_modify(|now| {
                    *now = state;
                    generation.send_modify(|generation| *generation += 1);
                });
            });
        }
        slot
    }
}

/// Why a server cannot be used while this process ends.
const ENDS: &str = "`mcp-host serve` ends";

impl Known {
    fn of(name: &str, state: &State, entry: Arc<str>, (list, lock): (Option<List>, &Lock)) -> Self {
        let all = list.as_ref().map(|list| list.all);
        let left_out = list.as_ref().map_or(0, List::left_out);
        let bytes = list.as_ref().map_or(0, |list| list.bytes);
        let declared = list.map_or_else(Arc::default, |list| list.tools);
        let (tools, unaccepted) = readable(lock, name, &declared);
        Self {
            listed: Listed {
                name: name.to_owned(),
                tools: all,
                standing: state.standing(),
            },
            tools,
            unaccepted,
            declared,
            left_out,
            bytes,
            entry,
        }
    }

    /// A server that was not needed yet, with the list from last time.
    #[cfg(test)]
    pub(crate) fn kept(name: &str, list: List) -> Self {
        Self::of(
            name,
            &State::Idle,
            Arc::default(),
            (Some(list), &Lock::default()),
        )
    }

    fn list(&self) -> List {
        List {
            tools: Arc::clone(&self.declared),
            all: self.listed.tools.unwrap_or_default(),
            bytes: self.bytes,
        }
    }

    /// Forgets its tools, because all servers together have too many.
    pub(crate) fn leave_out(&mut self) {
        self.left_out = self.listed.tools.unwrap_or_default();
        self.tools = Arc::default();
        self.declared = Arc::default();
        self.bytes = 0;
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
