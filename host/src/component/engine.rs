//! Configures the Wasmtime engines that every run shares, and ticks their epochs.
//! Never loads a component and never creates a Store.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails,
};

/// Frames of a backtrace that are kept.
pub(crate) const FRAMES: usize = 20;

/// The interval at which a computing guest yields, and therefore the most by which a deadline is noticed late.
const TICK: Duration = Duration::from_millis(10);

/// The engines that skills are compiled for and run on. Clones share everything.
///
/// These are two Wasmtime engines with the same limits. Component-model async costs bookkeeping in every
/// call that crosses into or out of a component, a quarter of a short run, so that skills which make no use of
/// it are spared it.
#[derive(Clone)]
pub struct Engine {
    allocation: Allocation,
    sync: Ticked,
    /// Created when the first skill needs it.
    concurrent: Arc<OnceLock<Ticked>>,
}

/// A Wasmtime engine whose epoch advances every 10 ms for as long as the engine is alive.
#[derive(Clone)]
struct Ticked {
    wasmtime: wasmtime::Engine,
    _ticker: Arc<Ticker>,
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
    /// Creates an engine with fuel and epochs, and without the WebAssembly proposals that skills do not need (GC,
    /// threads, 64-bit memories).
    ///
    /// # Errors
    ///
    /// When Wasmtime refuses the configuration, for example because the address space cannot
    /// hold the pool, or when the ticker thread cannot be started.
    pub fn new(allocation: Allocation) -> wasmtime::Result<Self> {
        Ok(Self {
            allocation,
            sync: Ticked::new(allocation, false)?,
            concurrent: Arc::default(),
        })
    }

    /// The engine for components without component-model async; it rejects all others.
    pub(crate) fn sync(&self) -> &wasmtime::Engine {
        &self.sync.wasmtime
    }

    /// The engine for components with component-model async. With [`Allocation::Pooling`] it has a pool of its own.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::new`], when the first skill asks for it.
    pub(crate) fn concurrent(&self) -> wasmtime::Result<&wasmtime::Engine> {
        if let Some(engine) = self.concurrent.get() {
            return Ok(&engine.wasmtime);
        }
        let made = Ticked::new(self.allocation, true)?;
        // If two threads create the engine at once, one engine wins, and the other is dropped unused.
        Ok(&self.concurrent.get_or_init(|| made).wasmtime)
    }
}

impl Ticked {
    fn new(allocation: Allocation, concurrency: bool) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .epoch_interruption(true)
            .wasm_gc(false)
            .wasm_function_references(false)
            .wasm_threads(false)
            .wasm_memory64(false)
            // A backtrace holds data of the guest. The engine does not read debug information.
            .wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES))
            .wasm_backtrace_details(WasmBacktraceDetails::Disable)
            .concurrency_support(concurrency);
        if let Allocation::Pooling { slots, memory } = allocation {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots, memory)));
        }
        let wasmtime = wasmtime::Engine::new(&config)?;
        let ticker = Arc::new(Ticker::start(&wasmtime)?);
        Ok(Self {
            wasmtime,
            _ticker: ticker,
        })
    }
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

/// A thread that advances the epoch until the last clone of the engine is dropped.
struct Ticker {
    stop: std::sync::mpsc::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let (stop, stopped) = std::sync::mpsc::channel();
        let engine = engine.weak();
        let thread = std::thread::Builder::new()
            .name("mcp-host-epoch".into())
            .spawn(move || {
                while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) =
                    stopped.recv_timeout(TICK)
                {
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => break,
                    }
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
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
