//! Everything that a serving process has: the engine, the servers, the policy, the limits, and the results of its runs.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mcp_bridge::{ConfigError, with_causes};
use mcp_host::{Cache, Grants, Host, Limits, Policy, ScriptEngine, ScriptImage};
use tokio::sync::{OnceCell, watch};

use crate::indexed::Indexed;
use crate::kept::KeptLists;
use crate::results::Results;
use crate::servers::{Configuration, Servers};

/// How to serve.
pub struct Options {
    /// The configuration file; `None`: it is looked for as everywhere.
    pub config: Option<PathBuf>,
    /// The policy of the settings file, if it has one.
    pub policy: Option<Policy>,
    /// The settings file, which a refusal names.
    pub settings: PathBuf,
    /// The limits of each run.
    pub limits: Limits,
    /// Runs the scripts.
    pub host: Host,
    /// The script engine.
    pub engine: ScriptImage,
    /// The cache of compiled components.
    pub cache: Option<Cache>,
    /// Where the lists of tools are kept between processes.
    pub lists: Option<PathBuf>,
}

/// What all sessions share.
pub struct Door {
    pub(crate) servers: Servers,
    pub(crate) grants: Arc<Grants>,
    pub(crate) limits: Limits,
    pub(crate) results: Results,
    pub(crate) indexed: Indexed,
    pub(crate) host: Host,
    engine: OnceCell<Arc<ScriptEngine>>,
    image: ScriptImage,
    cache: Option<Arc<Cache>>,
    runs: AtomicU64,
    sessions: AtomicU64,
    under_way: watch::Sender<usize>,
    /// Makes the ids of runs different from those of any other process.
    seed: RandomState,
}

impl Door {
    /// Reads the configuration, and starts no server.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be read.
    pub fn open(options: Options) -> Result<Self, ConfigError> {
        let kept = options.lists.as_deref().map(KeptLists::open).transpose();
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!("lists of tools are not kept: {}", with_causes(&error));
            None
        });
        let policy = Policy::for_agents(options.policy, options.settings);
        Ok(Self {
            servers: Servers::new(Configuration::open(options.config)?, kept),
            grants: Arc::new(Grants {
                policy: Some(Arc::new(policy)),
                ..Grants::default()
            }),
            limits: options.limits,
            results: Results::default(),
            indexed: Indexed::default(),
            host: options.host,
            engine: OnceCell::new(),
            image: options.engine,
            cache: options.cache.map(Arc::new),
            runs: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            under_way: watch::Sender::new(0),
            seed: RandomState::new(),
        })
    }

    /// Starts what no search can answer without: the servers whose tools were never listed.
    pub fn warm(&self) {
        self.servers.start_unknown();
    }

    /// Ends all servers.
    pub async fn close(&self) {
        self.servers.close().await;
    }

    /// A number for a new session.
    pub(crate) fn session(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts a run, until the guard is dropped.
    pub(crate) fn under_way(&self) -> impl Drop + '_ {
        struct Guard<'d>(&'d watch::Sender<usize>);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                self.0.send_modify(|runs| *runs -= 1);
            }
        }
        self.under_way.send_modify(|runs| *runs += 1);
        Guard(&self.under_way)
    }

    /// Waits until no run is under way.
    pub(crate) async fn idle(&self) {
        let mut runs = self.under_way.subscribe();
        // The sender lives as long as this does.
        let _ = runs.wait_for(|runs| *runs == 0).await;
    }

    /// The script engine, loaded when the first script comes.
    pub(crate) async fn engine(&self) -> Result<Arc<ScriptEngine>, String> {
        let load = || async {
            let (engine, image) = (self.host.engine().clone(), self.image.clone());
            let cache = self.cache.clone();
            let load = move || ScriptEngine::load(&engine, &image, cache.as_deref());
            match tokio::task::spawn_blocking(load).await {
                Ok(Ok(engine)) => Ok(Arc::new(engine)),
                Ok(Err(error)) => Err(with_causes(&error)),
                Err(error) => Err(with_causes(&error)),
            }
        };
        self.engine.get_or_try_init(load).await.map(Arc::clone)
    }

    /// The id of a new run: `r_` and 8 characters.
    pub(crate) fn run_id(&self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut hasher = self.seed.build_hasher();
        hasher.write_u64(self.runs.fetch_add(1, Ordering::Relaxed));
        let mut bits = hasher.finish();
        let mut id = String::from("r_");
        for _ in 0..8 {
            let at = usize::try_from(bits & 31).unwrap_or_default();
            id.push(char::from(LETTERS[at]));
            bits >>= 5;
        }
        id
    }
}
