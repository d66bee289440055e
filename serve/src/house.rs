//! Everything that a serving process has, whoever asks: the engine, the servers, the queue of runs, and their results.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mcp_bridge::with_causes;
use mcp_host::{Cache, Host, Report, RunStore, ScriptEngine, ScriptImage, TypeChecker, WaitEvent};
use rmcp::model::RequestStateCodec;
use tokio::sync::{OnceCell, watch};

use crate::audit::{Asked, Audit};
use crate::indexed::{Indexed, Snapshot};
use crate::ledgers::Ledgers;
use crate::presence::Presence;
use crate::queue::Queue;
use crate::results::Results;
use crate::searched::Searched;
use crate::servers::Servers;
use crate::skills::SavedSkills;
use crate::surface;
use crate::unwritten::Unwritten;
use crate::users::Users;
use crate::workers::Workers;

/// How long runs may take to end before their servers do.
const LAST_RUNS: Duration = Duration::from_secs(2);

/// What is called after each run: with its report, and the bytes of the answer that goes to the model.
pub type OnRun = Box<dyn Fn(&Report, usize) + Send + Sync>;

/// What is called after an answer that is of no run: with the name of the tool, and the bytes of the answer.
pub type OnAnswer = Box<dyn Fn(&str, usize) + Send + Sync>;

/// What all sessions of all users share.
pub struct House {
    pub(crate) servers: Arc<Servers>,
    pub(crate) queue: Queue,
    /// By session: no two users have the same one.
    pub(crate) results: Results,
    /// By session too.
    pub(crate) searched: Searched,
    pub(crate) presence: Arc<Presence>,
    pub(crate) unwritten: Unwritten,
    pub(crate) workers: Workers,
    pub(crate) host: Host,
    pub(crate) runs: Option<RunStore>,
    /// The memory of the ledgers from which runs go on.
    pub(crate) ledgers: Ledgers,
    /// How long a run waits for a decision of the user.
    pub(crate) waits: Duration,
    /// Each run has a ledger.
    pub(crate) keep_all: bool,
    pub(crate) skills: Arc<SavedSkills>,
    /// How long a call waits meanwhile for the client to ask its user.
    pub(crate) patience: Duration,
    /// Seals what a client brings back with the decision of its user.
    pub(crate) states: Option<RequestStateCodec>,
    pub(crate) type_checker: Option<TypeChecker>,
    pub(crate) audit: Option<Arc<dyn Audit>>,
    pub(crate) users: Users,
    needs_caller: AtomicBool,
    indexed: Arc<Indexed>,
    /// Where browsers reach the local page, if it is served.
    page: OnceLock<String>,
    is_ending: watch::Sender<bool>,
    on_run: Option<OnRun>,
    on_answer: Option<OnAnswer>,
    engine: OnceCell<Arc<ScriptEngine>>,
    image: ScriptImage,
    cache: Option<Arc<Cache>>,
    run_ids: AtomicU64,
    sessions: AtomicU64,
    under_way: watch::Sender<usize>,
    /// Makes the ids of runs different from those of any other process.
    seed: RandomState,
}

/// What a house is made of.
pub(crate) struct Parts {
    pub(crate) servers: Servers,
    pub(crate) slots: u32,
    pub(crate) host: Host,
    pub(crate) runs: Option<(RunStore, [u8; 32])>,
    pub(crate) waits: Duration,
    pub(crate) keep_all: bool,
    pub(crate) skills: Arc<SavedSkills>,
    pub(crate) patience: Duration,
    pub(crate) type_checker: Option<TypeChecker>,
    pub(crate) audit: Option<Arc<dyn Audit>>,
    pub(crate) users: Users,
    pub(crate) on_run: Option<OnRun>,
    pub(crate) on_answer: Option<OnAnswer>,
    pub(crate) image: ScriptImage,
    pub(crate) cache: Option<Cache>,
}

impl House {
    pub(crate) fn of(parts: Parts) -> Self {
        let (runs, states) = match parts.runs {
            Some((runs, key)) => (Some(runs), RequestStateCodec::try_new(key).ok()),
            None => (None, None),
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            servers: Arc::new(parts.servers),
            queue: Queue::new(parts.slots),
            results: Results::default(),
            searched: Searched::default(),
            presence: Arc::default(),
            unwritten: Unwritten::default(),
            workers: Workers::new(processors),
            host: parts.host,
            waits: parts.waits,
            keep_all: parts.keep_all,
            skills: parts.skills,
            patience: parts.patience,
            states,
            runs,
            ledgers: Ledgers::default(),
            type_checker: parts.type_checker,
            audit: parts.audit,
            users: parts.users,
            needs_caller: AtomicBool::new(false),
            indexed: Arc::default(),
            page: OnceLock::new(),
            is_ending: watch::Sender::new(false),
            on_run: parts.on_run,
            on_answer: parts.on_answer,
            engine: OnceCell::new(),
            image: parts.image,
            cache: parts.cache.map(Arc::new),
            run_ids: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            under_way: watch::Sender::new(0),
            seed: RandomState::new(),
        }
    }

    /// Starts what no search can answer without: the servers whose tools were never listed.
    pub fn warm(&self) {
        self.servers.start_unknown();
    }

    /// Ends all runs, then all servers.
    pub async fn close(&self) {
        self.end_runs();
        // A run that does not hear it is dropped with this process.
        let _ = tokio::time::timeout(LAST_RUNS, self.idle()).await;
        self.indexed.clear();
        self.servers.close().await;
    }

    /// From now on, only a caller whom an authorization server knows may ask.
    pub(crate) fn require_caller(&self) {
        self.needs_caller.store(true, Ordering::Relaxed);
    }

    pub(crate) fn needs_caller(&self) -> bool {
        self.needs_caller.load(Ordering::Relaxed)
    }

    /// The local page is served at this address, such as `http://127.0.0.1:8080`.
    pub(crate) fn has_page(&self, base: &str) {
        // A door is served once.
        let _ = self.page.set(base.to_owned());
    }

    /// Where the user decides about this run, if the local page is served. It has no token: a browser signs in.
    pub(crate) fn page_of(&self, run: &str) -> Option<String> {
        Some(format!("{}/runs/{run}", self.page.get()?))
    }

    /// Tells all runs to end. Their callers get an answer that says so.
    pub(crate) fn end_runs(&self) {
        self.is_ending.send_replace(true);
    }

    /// Whether the runs have to end.
    pub(crate) fn is_ending(&self) -> bool {
        *self.is_ending.borrow()
    }

    /// Waits until the runs have to end.
    pub(crate) async fn ending(&self) {
        let mut is_ending = self.is_ending.subscribe();
        // The sender lives as long as this does.
        let _ = is_ending.wait_for(|is_ending| *is_ending).await;
    }

    /// The tools that are known; those of before where reading them takes longer than `patience`.
    pub(crate) async fn known(&self, patience: Duration) -> Arc<Snapshot> {
        let sources = (&self.servers, &self.skills);
        self.indexed.now(sources, patience).await
    }

    /// What an agent reads first: what is connected.
    pub(crate) fn instructions(&self) -> String {
        let skills = self.skills.list().len();
        surface::instructions(&self.servers.listed(), skills)
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

    /// Gives the audit what happens to a run that waits.
    pub(crate) fn waiting(&self, asked: &Asked, event: WaitEvent<'_>) {
        if let Some(audit) = &self.audit {
            audit.waiting(asked, event);
        }
    }

    /// Says that a run is over.
    pub(crate) fn ran(&self, report: &Report, answer: usize) {
        if let Some(on_run) = &self.on_run {
            on_run(report, answer);
        }
    }

    /// Says that a tool of the surface has answered, without a run.
    pub(crate) fn answered(&self, tool: &str, bytes: usize) {
        if let Some(on_answer) = &self.on_answer {
            on_answer(tool, bytes);
        }
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
        let mut hasher = self.seed.build_hasher();
        hasher.write_u64(self.run_ids.fetch_add(1, Ordering::Relaxed));
        mcp_host::run_id('r', hasher.finish())
    }
}
