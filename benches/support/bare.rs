//! The same run as `two-calls` in bare Wasmtime: bindings made at compile time, no report, no call stats and no JSON,
//! and only the chosen guards. The baseline for the host's overhead.

use std::path::Path;

use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy,
    PoolingAllocationConfig, Store, StoreLimits, StoreLimitsBuilder,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{SLOT, SLOTS, TWO_NAMES};
use bindings::mcp_server::fake::tools;

mod bindings {
    #![allow(missing_docs, unreachable_pub, reason = "generated")]
    wasmtime::component::bindgen!({
        inline: "package benches:bare; world bare { include mcp:tools/skill@0.1.0; import mcp-server:fake/tools; }",
        path: ["../wit", "../tests/guests/wit/sync/deps/mcp-server-fake"],
        imports: { default: async },
        exports: { default: async },
    });
}

/// Fuel between two yields.
const INTERVAL: u64 = 50_000;

/// The guards that bound a guest, one by one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guards {
    /// Count instructions, and stop at a number of them.
    pub fuel: bool,
    /// Yield after as much fuel as in the host.
    pub yields: bool,
    /// Check the epoch at every loop and call.
    pub epoch: bool,
    /// Ask before a memory or a table grows.
    pub limiter: bool,
}

impl Guards {
    /// A configuration for code with these guards.
    #[must_use]
    pub fn config(self) -> Config {
        let mut config = Config::new();
        config
            .consume_fuel(self.fuel)
            .epoch_interruption(self.epoch)
            .concurrency_support(false);
        config
    }

    /// Sets bounds that no bench reaches.
    pub fn put_on<T: AsMut<StoreLimits> + 'static>(self, store: &mut Store<T>) {
        if self.fuel {
            store.set_fuel(u64::MAX).unwrap();
        }
        if self.yields {
            // As in `host/src/execute/store.rs`.
            store.fuel_async_yield_interval(Some(INTERVAL)).unwrap();
        }
        if self.epoch {
            store.set_epoch_deadline(1);
        }
        if self.limiter {
            store.limiter(|state| state.as_mut());
        }
    }
}

/// A skill, ready to be instantiated.
pub struct Bare {
    engine: Engine,
    skill: bindings::BarePre<State>,
    guards: Guards,
}

impl Bare {
    /// Compiles and links the component, for an engine with a pool like the host's.
    #[must_use]
    pub fn pooled(component: &[u8], guards: Guards) -> Self {
        // As in `host/src/component/engine.rs`, except for the limits of one component.
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(SLOTS)
            .total_core_instances(SLOTS * 8)
            .total_memories(SLOTS * 2)
            .total_tables(SLOTS * 4)
            .total_stacks(SLOTS * 2)
            .max_memory_size(SLOT)
            .linear_memory_keep_resident(128 << 10)
            .table_keep_resident(16 << 10)
            .max_unused_warm_slots(SLOTS)
            .pagemap_scan(Enabled::Auto);
        let mut config = guards.config();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        Self::of(&config, component, guards)
    }

    /// Links the component, with Wasmtime's own cache in that directory.
    #[must_use]
    pub fn cached(component: &[u8], dir: &Path) -> Self {
        let mut cache = CacheConfig::new();
        cache.with_directory(dir);
        let guards = Guards::default();
        let mut config = guards.config();
        config.cache(Some(Cache::new(cache).unwrap()));
        Self::of(&config, component, guards)
    }

    fn of(config: &Config, component: &[u8], guards: Guards) -> Self {
        let engine = Engine::new(config).unwrap();
        let component = Component::new(&engine, component).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        tools::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).unwrap();
        let skill = linker.instantiate_pre(&component).unwrap();
        Self {
            engine,
            skill: bindings::BarePre::new(skill).unwrap(),
            guards,
        }
    }

    /// Runs `two-calls` this many times, and checks that each run did its work.
    pub async fn run_two_calls(&self, runs: u32) {
        for _ in 0..runs {
            assert_eq!(self.run("{}").await, TWO_NAMES);
        }
    }

    /// One complete run; returns the skill's result.
    pub async fn run(&self, input: &str) -> String {
        let mut store = Store::new(&self.engine, State::default());
        self.guards.put_on(&mut store);
        let skill = self.skill.instantiate_async(&mut store).await.unwrap();
        let result = skill.call_run(&mut store, &input.to_owned()).await;
        result.unwrap().unwrap()
    }
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl Default for State {
    fn default() -> Self {
        Self {
            wasi: WasiCtx::default(),
            table: ResourceTable::default(),
            limits: StoreLimitsBuilder::new().memory_size(SLOT).build(),
        }
    }
}

impl AsMut<StoreLimits> for State {
    fn as_mut(&mut self) -> &mut StoreLimits {
        &mut self.limits
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl tools::Host for State {
    async fn echo(&mut self, _: tools::EchoParams) -> Result<tools::EchoResult, tools::ToolError> {
        unreachable!("`two-calls` does not import it")
    }

    async fn wait(
        &mut self,
        params: tools::WaitParams,
    ) -> Result<tools::WaitResult, tools::ToolError> {
        Ok(tools::WaitResult { name: params.name })
    }

    async fn version(&mut self) -> Result<tools::ToolResult, tools::ToolError> {
        unreachable!("`two-calls` does not import it")
    }
}

impl bindings::mcp::tools::types::Host for State {}
