//! The same run as `two-calls` in bare Wasmtime: bindings made at compile time, no fuel, no epochs, no limits,
//! no deadline, no ledger and no JSON. What the host adds is measured against it.

use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{SLOT, TWO_NAMES};
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

/// `two-calls`, ready to be instantiated.
pub struct Bare {
    engine: Engine,
    skill: bindings::BarePre<State>,
    input: String,
}

impl Bare {
    /// Compiles and links the component, for an engine with a pool like the host's.
    #[must_use]
    pub fn new(component: &[u8]) -> Self {
        let mut pool = PoolingAllocationConfig::new();
        pool.max_memory_size(SLOT)
            .linear_memory_keep_resident(128 << 10)
            .table_keep_resident(16 << 10)
            .pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config
            .concurrency_support(false)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).unwrap();
        let component = Component::new(&engine, component).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        tools::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).unwrap();
        let skill = linker.instantiate_pre(&component).unwrap();
        Self {
            engine,
            skill: bindings::BarePre::new(skill).unwrap(),
            input: "{}".to_owned(),
        }
    }

    /// One run, from nothing to nothing.
    pub async fn run(&self) {
        let mut store = Store::new(&self.engine, State::default());
        let skill = self.skill.instantiate_async(&mut store).await.unwrap();
        let result = skill.call_run(&mut store, &self.input).await.unwrap();
        assert_eq!(result.unwrap(), TWO_NAMES);
    }
}

#[derive(Default)]
struct State {
    wasi: WasiCtx,
    table: ResourceTable,
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
