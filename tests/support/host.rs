//! One run through the library.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use mcp_host::{
    Allocation, Cache, Catalog, Engine, Environment, Grants, Limits, LinkError, Linked, Report,
    Settings, Skill, StateStore, ToolServer, execute, link,
};

use crate::{Fake, guest, root};

/// The engine that the tests of one process share.
#[must_use]
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Allocation::OnDemand).unwrap())
}

/// Caches compiled guests between test processes.
#[must_use]
pub fn cache() -> &'static Cache {
    static CACHE: OnceLock<Cache> = OnceLock::new();
    CACHE.get_or_init(|| {
        let dir = root().join("target/test-cache");
        Cache::open(&dir.join("compiled"), &dir.join("key/cache.key")).unwrap()
    })
}

/// The setup of one run. By default nothing is granted, and the limits are the product's defaults.
#[derive(Default)]
pub struct Setup {
    servers: Vec<Arc<dyn ToolServer>>,
    grants: Grants,
    limits: Limits,
    state: Option<(Arc<StateStore>, String)>,
}

impl Setup {
    /// Adds a server to the run.
    #[must_use]
    pub fn server(mut self, server: Fake) -> Self {
        self.servers.push(Arc::new(server));
        self
    }

    /// Adds a server of a test's own kind.
    #[must_use]
    pub fn own(mut self, server: Arc<dyn ToolServer>) -> Self {
        self.servers.push(server);
        self
    }

    /// Adds a server in a process of its own.
    #[must_use]
    pub fn live(mut self, server: mcp_bridge::Client) -> Self {
        self.servers.push(Arc::new(server));
        self
    }

    /// `--allow`
    #[must_use]
    pub fn allow(mut self, pattern: &str) -> Self {
        self.grants.tools.push(pattern.parse().unwrap());
        self
    }

    /// The `[policy]` table of `mcp-host.toml`, without its heading.
    #[must_use]
    pub fn policy(mut self, policy: &str) -> Self {
        let settings = Settings::parse(&format!("[policy]\n{policy}"), Path::new("mcp-host.toml"));
        self.grants.policy = settings.unwrap().policy.map(Arc::new);
        self
    }

    /// `--dir`
    #[must_use]
    pub fn dir(mut self, host: &Path, guest: &str) -> Self {
        let grant = format!("{}::{guest}", host.display());
        self.grants.dirs.push(grant.parse().unwrap());
        self
    }

    /// Gives the run a state store.
    #[must_use]
    pub fn state(mut self, store: &Arc<StateStore>, skill: &str) -> Self {
        self.state = Some((Arc::clone(store), skill.to_owned()));
        self
    }

    /// Changes the limits.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Runs a skill of `tests/guests`.
    pub async fn run(self, skill: &str, input: &str) -> Report {
        match self.try_run(&guest(skill), input).await {
            Ok(report) => report,
            Err(error) => panic!("`{skill}` does not link: {error}"),
        }
    }

    /// Runs a skill of `tests/guests` with another one that provides its imports. The other skill has its own grants
    /// and state; servers and limits are those of the run.
    pub async fn run_with(self, skill: &str, part: &str, of_part: Self, input: &str) -> Report {
        let environment = self.environment();
        let part = mcp_host::Dependency {
            name: part.to_owned(),
            skill: load(&guest(part)),
            environment: Environment {
                catalog: Arc::clone(&environment.catalog),
                ..of_part.environment()
            },
        };
        let linked =
            mcp_host::link_with(&load(&guest(skill)), &environment, &[part], None).unwrap();
        execute(&linked, input, &self.limits).await.unwrap()
    }

    /// Calls a function that a skill of `tests/guests` exports.
    pub async fn invoke(self, skill: &str, call: &str, input: Option<&str>) -> Report {
        let skill = load(&guest(skill));
        let invocation = skill.invocation(call, input).unwrap();
        let environment = self.environment();
        let linked = link(&skill, &environment).unwrap();
        mcp_host::invoke(&linked, &invocation, &self.limits)
            .await
            .unwrap()
    }

    /// Calls a function that this component exports.
    pub async fn invoke_bytes(self, component: &[u8], call: &str) -> Report {
        let skill = Arc::new(Skill::load(engine(), component, Some(cache())).unwrap());
        let invocation = skill.invocation(call, None).unwrap();
        let linked = link(&skill, &self.environment()).unwrap();
        mcp_host::invoke(&linked, &invocation, &self.limits)
            .await
            .unwrap()
    }

    /// Runs a component; a component that does not link is an error.
    ///
    /// # Errors
    ///
    /// The host's own link error.
    pub async fn try_run(self, component: &Path, input: &str) -> Result<Report, LinkError> {
        let linked = self.linked(component)?;
        Ok(execute(&linked, input, &self.limits).await.unwrap())
    }

    /// The limits of the run.
    #[must_use]
    pub fn its_limits(&self) -> Limits {
        self.limits.clone()
    }

    /// Links a component and does not run it.
    ///
    /// # Errors
    ///
    /// The host's own link error.
    pub fn linked(&self, component: &Path) -> Result<Linked, LinkError> {
        link(&load(component), &self.environment())
    }

    fn environment(&self) -> Environment {
        Environment {
            catalog: Arc::new(Catalog::of(self.servers.clone()).unwrap()),
            grants: Arc::new(self.grants.clone()),
            state: self.state.clone(),
            ..Environment::default()
        }
    }
}

fn load(component: &Path) -> Arc<Skill> {
    let bytes = std::fs::read(component).unwrap();
    Arc::new(Skill::load(engine(), &bytes, Some(cache())).unwrap())
}
