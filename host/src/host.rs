//! Many skills in one process: one engine and its pool, each component linked once per environment, and a queue for the
//! pool. Runs nothing by itself: each run is a future of the caller.

mod linked;
mod scripts;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::component::cache::Cache;
use crate::component::compile::Compiler;
use crate::component::engine::{Allocation, Engine};
use crate::component::script_engine::ScriptImage;
use crate::component::skill::{LoadError, Skill};
use crate::execute::{ExecuteError, LedgerRunError, Request, execute_ledger, execute_until};
use crate::ledger::Ledger;
use crate::link::{Environment, LinkError, Linked};
use crate::report::Report;
use crate::rules::limits::Limits;

use linked::LinkedSkills;
use scripts::Scripts;

pub use scripts::LoadScriptError;

/// Runs skills for a program that embeds this library. Share it in an `Arc`.
///
/// ```no_run
/// use mcp_host::{Environment, Host, Limits, Request};
///
/// # async fn example() -> anyhow::Result<()> {
/// let host = Host::builder().slots(100).build()?;
/// let skill = host.load(&std::fs::read("skill.wasm")?).await?;
/// let linked = host.link(&skill, &Environment::default())?;
/// let report = host.run(&linked, &Request::Input("{}"), &Limits::default()).await?;
/// println!("{:?}: {:?}", report.outcome, report.result);
/// # Ok(())
/// # }
/// ```
pub struct Host {
    engine: Engine,
    cache: Option<Arc<Cache>>,
    compiler: Option<Compiler>,
    slots: Slots,
    linked: LinkedSkills,
    scripts: Scripts,
}

/// Builds a [`Host`].
pub struct HostBuilder {
    slots: u32,
    memory: usize,
    wait: Duration,
    cache: Option<Cache>,
    compiler: Option<Compiler>,
    script_engine: Option<ScriptImage>,
}

/// A run that a [`Host`] did not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// All slots stayed in use for as long as a run waits.
    #[error("busy: all {slots} slots were taken for {waited:?}")]
    Busy {
        /// The number of slots.
        slots: u32,
        /// How long this run waited.
        waited: Duration,
    },
    /// The limits allow more memory than a slot has.
    #[error("the limits allow {asked} bytes of memory; a slot of this host has {slot}")]
    Memory {
        /// The memory of the limits, in bytes.
        asked: usize,
        /// The memory of a slot, in bytes.
        slot: usize,
    },
    /// The host could not run the skill.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The run cannot go on from its ledger.
    #[error(transparent)]
    Ledger(Box<LedgerRunError>),
}

/// The slots of the pool. Runs wait for them in order.
struct Slots {
    free: Semaphore,
    count: u32,
    memory: usize,
    wait: Duration,
}

impl Host {
    /// 64 slots of 256 MiB, a wait of 30 s, no cache, and components compiled in this process.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder {
            slots: 64,
            memory: Limits::default().memory,
            wait: Duration::from_secs(30),
            cache: None,
            compiler: None,
            script_engine: None,
        }
    }

    /// Compiles the component, or takes its compiled form from the cache. Without a [`Compiler`], compiling blocks the
    /// calling thread.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component that exports a skill.
    pub async fn load(&self, bytes: &[u8]) -> Result<Arc<Skill>, LoadError> {
        let cache = self.cache.as_deref();
        let skill = match &self.compiler {
            Some(compiler) => compiler.load(&self.engine, bytes, cache).await?,
            None => Skill::load(&self.engine, bytes, cache)?,
        };
        Ok(Arc::new(skill))
    }

    /// Reads a script, which is then a skill like any other: [`Host::link`] and [`Host::run`] take it. `name` is what
    /// its errors call it. The first script loads the engine, for all of them: from the cache, or by compiling it,
    /// which takes some seconds.
    ///
    /// ```no_run
    /// use mcp_host::{Environment, Host, Limits, Request};
    ///
    /// # async fn example(engine: Vec<u8>) -> anyhow::Result<()> {
    /// let host = Host::builder().script_engine(engine).build()?;
    /// let script = host.script("sum.ts", "export default (n: number[]) => n.reduce((a, b) => a + b, 0);").await?;
    /// let linked = host.link(&script, &Environment::default())?;
    /// let report = host.run(&linked, &Request::Input("[1, 2, 3]"), &Limits::default()).await?;
    /// assert_eq!(report.result.as_deref(), Some("6"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is no script, when reading it can take more memory than a slot has, or when the host has no engine
    /// for it.
    pub async fn script(&self, name: &str, text: &str) -> Result<Arc<Skill>, LoadScriptError> {
        let cache = self.cache.as_ref();
        let text = (name, text, self.slots.memory);
        self.scripts.skill(text, &self.engine, cache).await
    }

    /// Links the skill. The same component with the same environment (identical `Arc`s) is linked once.
    ///
    /// # Errors
    ///
    /// Those of [`link`](crate::link).
    pub fn link(
        &self,
        skill: &Arc<Skill>,
        environment: &Environment,
    ) -> Result<Arc<Linked>, LinkError> {
        self.linked.link(skill, environment)
    }

    /// Runs the skill once, as soon as a slot is free, in the order of requests. Dropping the future cancels the run,
    /// or the wait.
    ///
    /// # Errors
    ///
    /// [`RunError::Busy`] when no slot became free in time. Whatever the guest does is `Ok`.
    pub async fn run(
        &self,
        linked: &Linked,
        request: &Request<'_>,
        limits: &Limits,
    ) -> Result<Report, RunError> {
        self.run_until(linked, request, limits, std::future::pending())
            .await
    }

    /// Like [`Host::run`], and stops the run when `stop` completes, as [`execute_until`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Host::run`].
    pub async fn run_until(
        &self,
        linked: &Linked,
        request: &Request<'_>,
        limits: &Limits,
        stop: impl Future<Output = String>,
    ) -> Result<Report, RunError> {
        let _slot = self.slots.take(limits).await?;
        Ok(execute_until(linked, request, limits, stop).await?)
    }

    /// Runs the skill from where its ledger is, as [`execute_ledger`] does, as soon as a slot is free.
    ///
    /// # Errors
    ///
    /// [`RunError::Busy`] when no slot became free in time, and [`RunError::Ledger`].
    pub async fn run_ledger(
        &self,
        linked: &Linked,
        ledger: Ledger,
        limits: &Limits,
        stop: impl Future<Output = String>,
    ) -> Result<Report, RunError> {
        let _slot = self.slots.take(limits).await?;
        let ran = execute_ledger(linked, ledger, limits, stop).await;
        ran.map_err(|error| match error {
            LedgerRunError::Execute(error) => RunError::Execute(error),
            error => RunError::Ledger(Box::new(error)),
        })
    }

    /// The engine, for operations that this type does not have.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl Slots {
    /// A slot for a run with these limits, until it is dropped.
    async fn take(&self, limits: &Limits) -> Result<SemaphorePermit<'_>, RunError> {
        if limits.memory > self.memory {
            return Err(RunError::Memory {
                asked: limits.memory,
                slot: self.memory,
            });
        }
        let started = Instant::now();
        match tokio::time::timeout(self.wait, self.free.acquire()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(RunError::Busy {
                slots: self.count,
                waited: started.elapsed(),
            }),
        }
    }
}

impl HostBuilder {
    /// The number of skills that run at once; further runs wait.
    #[must_use]
    pub fn slots(mut self, slots: u32) -> Self {
        self.slots = slots;
        self
    }

    /// The most memory of one run, in bytes. It is address space, and becomes memory when a skill uses it.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// How long a run waits for a slot before it fails with [`RunError::Busy`].
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Caches compiled components there.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Compiles in a separate process. Use it for components from untrusted sources.
    #[must_use]
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = Some(compiler);
        self
    }

    /// The component that runs scripts: the bytes of `mcp_script_engine_image::engine()`, or of a file. A limit of
    /// memory below 21 MiB is too little for it.
    #[must_use]
    pub fn script_engine(mut self, image: impl Into<ScriptImage>) -> Self {
        self.script_engine = Some(image.into());
        self
    }

    /// Builds the host, and reserves its pool.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::new`].
    pub fn build(self) -> wasmtime::Result<Host> {
        let engine = Engine::new(Allocation::Pooling {
            slots: self.slots,
            memory: self.memory,
        })?;
        Ok(Host {
            engine,
            cache: self.cache.map(Arc::new),
            compiler: self.compiler,
            slots: Slots {
                free: Semaphore::new(usize::try_from(self.slots).unwrap_or(usize::MAX)),
                count: self.slots,
                memory: self.memory,
                wait: self.wait,
            },
            linked: LinkedSkills::default(),
            scripts: Scripts::of(self.script_engine),
        })
    }
}
