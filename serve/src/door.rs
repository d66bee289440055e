//! The door to a serving process, as one user comes through it: what is shared with the others, and what is the user's
//! own. Without an authorization server there is one user, who has no name.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::http::request::Parts;
use mcp_bridge::{ConfigError, with_causes};
use mcp_host::{Cache, DayCounts, Host, RunInfo, RunStore, ScriptImage, TypeChecker};
use rmcp::RoleServer;
use rmcp::model::ErrorData;
use rmcp::service::RequestContext;

use crate::audit::{Asked, Audit};
use crate::house::{self, House};
pub use crate::house::{OnAnswer, OnRun};
use crate::kept::KeptLists;
use crate::learned::Types;
use crate::principal::{Caller, Principal};
use crate::rules::{CurrentRules, InForce, ReadRules};
use crate::servers::{Configuration, Servers};
use crate::skills::SavedSkills;
use crate::tasks::Tasks;
use crate::users::{TooManyUsers, User, Users};

/// How to serve.
pub struct Options {
    /// The configuration file; `None`: it is looked for as everywhere.
    pub config: Option<PathBuf>,
    /// Reads the policy and the limits, for each run.
    pub rules: ReadRules,
    /// Counts the calls of a day, for rules with `per-day`.
    pub day_counts: Option<Arc<dyn DayCounts>>,
    /// The memory of a slot of the host, in bytes.
    pub memory: usize,
    /// The slots of the host.
    pub slots: u32,
    /// Runs the scripts.
    pub host: Host,
    /// The script engine.
    pub engine: ScriptImage,
    /// The cache of compiled components.
    pub cache: Option<Cache>,
    /// Where the lists of tools are kept between processes.
    pub lists: Option<PathBuf>,
    /// Where the types of answers are kept that no server declares.
    pub learned: Option<PathBuf>,
    /// Where the same is kept of each user of an authorization server, and the calls of a day.
    pub principals: Option<PathBuf>,
    /// How long a run waits for a decision of the user.
    pub waits: Duration,
    /// Each run has a ledger, also where no call of it may be asked about.
    pub keep_all: bool,
    /// The directory of the saved skills.
    pub skills: Option<PathBuf>,
    /// How long a call waits meanwhile for the client to ask its user.
    pub patience: Duration,
    /// Where runs are kept that may wait for a person, and the key that seals what clients bring back about them.
    pub runs: Option<(RunStore, [u8; 32])>,
    /// Checks the types of scripts, and adds to their warnings.
    pub type_checker: Option<TypeChecker>,
    /// Called after each run.
    pub on_run: Option<OnRun>,
    /// Observes each run.
    pub audit: Option<Arc<dyn Audit>>,
    /// Called after each answer of `search_tools` and `describe_tools`.
    pub on_answer: Option<OnAnswer>,
}

/// A door that does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration of the servers cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The settings cannot be read.
    #[error("{0}")]
    Rules(String),
}

/// What one user has of a serving process.
pub struct Door {
    house: Arc<House>,
    user: Arc<User>,
    /// The scope by which the user asks, if there are scopes.
    scope: Option<Arc<str>>,
}

impl Deref for Door {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

impl Door {
    /// Reads the configuration, and starts no server.
    ///
    /// # Errors
    ///
    /// When the configuration or the settings cannot be read.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let kept = options.lists.as_deref().map(KeptLists::open).transpose();
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!("lists of tools are not kept: {}", with_causes(&error));
            None
        });
        let rules = CurrentRules::open(options.rules, options.day_counts, options.memory)
            .map_err(OpenError::Rules)?;
        let house = House::of(house::Parts {
            servers: Servers::new(Configuration::open(options.config)?, kept),
            slots: options.slots,
            host: options.host,
            runs: options.runs,
            waits: options.waits,
            keep_all: options.keep_all,
            skills: Arc::new(SavedSkills::at(options.skills)),
            patience: options.patience,
            type_checker: options.type_checker,
            audit: options.audit,
            users: Users::new(options.principals),
            on_run: options.on_run,
            on_answer: options.on_answer,
            image: options.engine,
            cache: options.cache,
        });
        let user = User {
            principal: None,
            number: 0,
            rules,
            types: Arc::new(Types::open(options.learned.as_deref())),
            tasks: Tasks::default(),
        };
        Ok(Self {
            house: Arc::new(house),
            user: Arc::new(user),
            scope: None,
        })
    }

    /// The same door for this caller, who shares nothing with others.
    ///
    /// # Errors
    ///
    /// When too many users are known already.
    pub(crate) fn of_caller(&self, caller: &Caller) -> Result<Arc<Self>, TooManyUsers> {
        let principal = &caller.principal;
        let user = self.users.of(principal, &self.user, || self.session())?;
        Ok(Arc::new(Self {
            house: Arc::clone(&self.house),
            user,
            scope: caller.scope.clone(),
        }))
    }

    /// The door of the caller of this request. `None`: only a caller with a token may ask, and the request has none.
    pub(crate) fn of_request(
        self: &Arc<Self>,
        context: &RequestContext<RoleServer>,
    ) -> Option<Arc<Self>> {
        let request = context.extensions.get::<Parts>();
        match request.and_then(|request| request.extensions.get::<Arc<Self>>()) {
            Some(door) => Some(Arc::clone(door)),
            None => (!self.needs_caller()).then(|| Arc::clone(self)),
        }
    }

    /// Who comes through this door, if an authorization server says so.
    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.user.principal.as_ref()
    }

    /// For whom the calls of servers are.
    pub(crate) fn on_behalf(&self) -> Option<mcp_bridge::User> {
        self.principal().map(Principal::id)
    }

    /// The session of requests that have none. No two users have the same.
    pub(crate) fn common_session(&self) -> u64 {
        self.user.number
    }

    /// Whose part of the queue a run of this session takes: that of its user, where there are several.
    pub(crate) fn part(&self, session: u64) -> u64 {
        match self.user.principal {
            Some(_) => self.user.number,
            None => session,
        }
    }

    /// The rules of the next run. Reads a file.
    pub(crate) fn rules(&self) -> InForce {
        self.user.rules.now(self.scope.as_deref())
    }

    /// The rules of a saved skill.
    pub(crate) fn rules_of(&self, skill: &str) -> Result<InForce, String> {
        self.user.rules.of_skill(skill, self.scope.as_deref())
    }

    pub(crate) fn types(&self) -> &Arc<Types> {
        &self.user.types
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.user.tasks
    }

    /// Whether a run is one of this user.
    pub(crate) fn owns(&self, run: &RunInfo) -> bool {
        run.owner == self.principal().map(Principal::owner)
    }

    /// Who asks for this run.
    pub(crate) fn asked(
        &self,
        run: String,
        session: Option<u64>,
        context: &RequestContext<RoleServer>,
    ) -> Asked {
        let principal = self.principal().map(ToString::to_string);
        Asked {
            principal,
            ..Asked::of(run, session, context)
        }
    }

    /// What is wrong with the files of the user, as they are now. The last good ones are in use.
    pub(crate) fn faults(&self) -> impl Iterator<Item = String> {
        let fault = self.servers.fault();
        let fault = fault.map(|fault| format!("the configuration is not read again: {fault}"));
        fault.into_iter().chain(self.rules().warning)
    }
}

/// What a request is answered that should have been refused before.
pub(crate) fn no_caller() -> ErrorData {
    ErrorData::internal_error("the request has no user", None)
}
