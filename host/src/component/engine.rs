//! Configures the Wasmtime engines that every run shares, and ticks for them.
//! Never loads a component and never creates a Store.

pub(crate) mod in_place;
mod settings;

pub(crate) use settings::Kind;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use wasmtime::{
    CacheStore, Config, Enabled, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
};

/// Frames of a backtrace that are kept.
pub(crate) const FRAMES: usize = 20;

/// The interval at which a run looks at the clock when it calls the host, and at which a guest with epochs yields.
const TICK: Duration = Duration::from_millis(10);

/// Ticks of all engines of this process.
static TICKS: AtomicU64 = AtomicU64::new(0);

/// A number that changes at least every 10 ms while an engine exists: reading it costs less than reading a clock.
#[inline]
pub(crate) fn ticks() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

/// The engines that skills are compiled for and run on. Clones share everything.
///
/// These are Wasmtime engines with the same limits, one for each kind. All but the first are created when a skill
/// needs them.
#[derive(Clone)]
pub struct Engine {
    allocation: Allocation,
    sync: wasmtime::Engine,
    others: Arc<[OnceLock<wasmtime::Engine>; Kind::ALL.len()]>,
    /// Created when the first script needs it.
    scripts: Arc<OnceLock<wasmtime::Engine>>,
    ticker: Arc<Ticker>,
    /// Where compiled functions come from, in a process that compiles.
    functions: Option<Arc<dyn CacheStore>>,
}

impl Kind {
    /// Every kind, the most common ones first.
    pub(crate) const ALL: [Self; 4] = [
        Self::of(false, false),
        Self::of(true, false),
        Self::of(false, true),
        Self::of(true, true),
    ];

    fn place(self) -> usize {
        usize::from(self.is_concurrent) + 2 * usize::from(self.has_epochs)
    }
}

/// How instances get their memories, tables and stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// On-demand allocation: fresh from the OS for each run. Cheapest for a process with one run.
    OnDemand,
    /// The pooling allocator: from slots reserved in advance. Cheapest for many runs.
    Pooling {
        /// The most instances at once; instantiating another one fails.
        slots: u32,
        /// The largest linear memory of a slot, in bytes.
        memory: usize,
    },
}

impl Engine {
    /// Creates an engine with fuel, and without the WebAssembly proposals that skills do not need (GC, threads, 64-bit
    /// memories).
    ///
    /// # Errors
    ///
    /// When Wasmtime refuses the configuration, for example because the address space cannot
    /// hold the pool, or when the ticker thread cannot be started.
    pub fn new(allocation: Allocation) -> wasmtime::Result<Self> {
        Self::with(allocation, None)
    }

    fn with(
        allocation: Allocation,
        functions: Option<Arc<dyn CacheStore>>,
    ) -> wasmtime::Result<Self> {
        Ok(Self {
            allocation,
            sync: engine(allocation, Kind::default(), |config| {
                reuse(config, functions.as_ref())
            })?,
            others: Arc::default(),
            scripts: Arc::default(),
            ticker: Arc::new(Ticker::start()?),
            functions,
        })
    }

    /// Like [`Engine::new`] without a pool, for a compiler that takes functions from this store, and puts others there.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::new`].
    pub(crate) fn with_functions(functions: Arc<dyn CacheStore>) -> wasmtime::Result<Self> {
        Self::with(Allocation::OnDemand, Some(functions))
    }

    /// The engine for components without component-model async; it rejects all others.
    pub(crate) fn sync(&self) -> &wasmtime::Engine {
        &self.sync
    }

    /// The engine of a kind. With [`Allocation::Pooling`] each has a pool of its own.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::new`], when the first skill asks for it.
    pub(crate) fn of(&self, kind: Kind) -> wasmtime::Result<&wasmtime::Engine> {
        if kind == Kind::default() {
            return Ok(&self.sync);
        }
        let place = &self.others[kind.place()];
        if let Some(engine) = place.get() {
            return Ok(engine);
        }
        let made = engine(self.allocation, kind, |config| {
            reuse(config, self.functions.as_ref())
        })?;
        // If two threads create the engine at once, one engine wins, and the other is dropped unused.
        Ok(place.get_or_init(|| {
            if kind.has_epochs {
                self.ticker.add(made.weak());
            }
            made
        }))
    }

    /// The engine for the component that runs scripts, with a larger stack. With [`Allocation::Pooling`] it has a pool
    /// of its own.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::new`], when the first script asks for it.
    pub(crate) fn scripts(&self) -> wasmtime::Result<&wasmtime::Engine> {
        if let Some(engine) = self.scripts.get() {
            return Ok(engine);
        }
        let made = engine(self.allocation, settings::SCRIPTS, |config| {
            config
                .max_wasm_stack(SCRIPT_STACK)
                .async_stack_size(SCRIPT_STACK + HOST_STACK);
            in_place::allow(config);
            Ok(())
        })?;
        Ok(self.scripts.get_or_init(|| made))
    }

    /// The kind of one of these engines.
    pub(crate) fn kind(&self, engine: &wasmtime::Engine) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| match kind.place() {
            0 => wasmtime::Engine::same(engine, &self.sync),
            place => self.others[place]
                .get()
                .is_some_and(|other| wasmtime::Engine::same(engine, other)),
        })
    }
}

/// The stack of a script, in bytes: 5,000 frames of recursion. It is set aside from the memory of a run, and becomes
/// memory only when a script uses it.
pub(crate) const SCRIPT_STACK: usize = 16 << 20;

/// The host's part of that stack.
const HOST_STACK: usize = 1 << 20;

/// Takes compiled functions from this store.
fn reuse(config: &mut Config, functions: Option<&Arc<dyn CacheStore>>) -> wasmtime::Result<()> {
    if let Some(functions) = functions {
        config.enable_incremental_compilation(Arc::clone(functions))?;
    }
    Ok(())
}

fn engine(
    allocation: Allocation,
    kind: Kind,
    more: impl FnOnce(&mut Config) -> wasmtime::Result<()>,
) -> wasmtime::Result<wasmtime::Engine> {
    let mut config = settings::of(kind);
    // A backtrace holds data of the guest.
    config.wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES));
    more(&mut config)?;
    if let Allocation::Pooling { slots, memory } = allocation {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots, memory)));
    }
    wasmtime::Engine::new(&config)
}

fn pool(slots: u32, memory: usize) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        // A component holds a few core instances: its own code, and adapters.
        .total_core_instances(slots.saturating_mul(8))
        .total_memories(slots.saturating_mul(2))
        .total_tables(slots.saturating_mul(4))
        .total_stacks(slots.saturating_mul(2))
        .max_memories_per_component(2)
        .max_tables_per_component(8)
        .max_core_instances_per_component(16)
        .max_memory_size(memory)
        .table_elements(100_000)
        // What a typical skill touches stays resident, so that a reused slot costs no page faults.
        .linear_memory_keep_resident(128 << 10)
        .table_keep_resident(16 << 10)
        .max_unused_warm_slots(slots)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// A thread that ticks, and advances epochs, until the last clone of the engine is dropped.
struct Ticker {
    engines: Arc<Mutex<Vec<EngineWeak>>>,
    stop: std::sync::mpsc::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    fn start() -> std::io::Result<Self> {
        let (stop, stopped) = std::sync::mpsc::channel();
        let engines = Arc::<Mutex<Vec<EngineWeak>>>::default();
        let ticked = Arc::clone(&engines);
        let thread = std::thread::Builder::new()
            .name("mcp-host-epoch".into())
            .spawn(move || {
                while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) =
                    stopped.recv_timeout(TICK)
                {
                    TICKS.fetch_add(1, Ordering::Relaxed);
                    let engines = ticked.lock().unwrap_or_else(PoisonError::into_inner);
                    for engine in engines.iter().filter_map(EngineWeak::upgrade) {
                        engine.increment_epoch();
                    }
                }
            })?;
        Ok(Self {
            engines,
            stop,
            thread: Some(thread),
        })
    }

    /// Advances the epoch of this engine too.
    fn add(&self, engine: EngineWeak) {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        engines.push(engine);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // The receiver is gone only if the thread has ended already.
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
