//! Runs a script with tools that this file answers: `echo`, `fail`, `slow`, `text`, `never` and
//! `large`, numbered from 0.

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use wasmtime::{
    Config, Engine, Store, StoreLimits, StoreLimitsBuilder,
    component::{Accessor, Component, HasSelf, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

#[allow(missing_docs, reason = "generated")]
pub(super) mod bindings {
    wasmtime::component::bindgen!({
        path: ["../wit", "../script-engine/wit"],
        world: "mcp:script/engine",
        exports: { default: async },
    });
}

pub(crate) use bindings::mcp::script::types::{Contents, FailureKind, Module, Outcome, Tool};
use bindings::{
    EnginePre,
    mcp::script::{host, types},
};

/// The tools of the module `mcp:test`, by number.
pub(crate) const TOOLS: [&str; 7] = ["echo", "fail", "slow", "text", "never", "large", "shot"];

/// The number of the answer that the host keeps for `large`, and its length where the guest takes it.
const KEPT: u32 = 7;
pub(crate) const LARGE: usize = 4 << 20;

/// The stack that the engine needs of the machine, in bytes.
pub(crate) const MACHINE_STACK: usize = 16 << 20;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) calls: Vec<(u32, String)>,
    pub(crate) log: Vec<String>,
    pub(crate) sleeps: Vec<u32>,
    /// How often the engine took a kept answer.
    pub(crate) taken: usize,
    /// What it refused: tool, bytes, and the number of a kept answer.
    pub(crate) refused: Vec<(u32, u32, Option<u32>)>,
}

impl Ran {
    /// The JSON text of the result.
    pub(crate) fn value(&self) -> &str {
        self.outcome
            .value
            .as_deref()
            .unwrap_or_else(|failure| panic!("the script failed: {failure:?}"))
    }

    /// Kind and message of the failure.
    pub(crate) fn failure(&self) -> (FailureKind, &str) {
        let failure = self
            .outcome
            .value
            .as_ref()
            .expect_err("the script succeeded");
        (failure.kind, &failure.message)
    }

    /// The frames of the failure: `name line:column`.
    pub(crate) fn frames(&self) -> Vec<String> {
        let failure = self
            .outcome
            .value
            .as_ref()
            .expect_err("the script succeeded");
        failure
            .stack
            .iter()
            .map(|frame| format!("{} {}:{}", frame.function, frame.line, frame.column))
            .collect()
    }
}

/// What is metered, and how large things may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meters {
    pub(crate) fuel: Option<u64>,
    pub(crate) epochs: bool,
    pub(crate) memory: usize,
    pub(crate) machine_stack: usize,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            fuel: None,
            epochs: false,
            memory: 64 << 20,
            machine_stack: MACHINE_STACK,
        }
    }
}

/// Runs a script that can import the tools of `mcp:test`.
pub(crate) fn run(source: &str) -> Ran {
    run_with(source, "null")
}

/// The same, with an input.
pub(crate) fn run_with(source: &str, input: &str) -> Ran {
    let ready = ready();
    let modules = vec![Module {
        specifier: "mcp:test".to_owned(),
        contents: Contents::Tools(tools()),
    }];
    ready
        .execute(script(source, input, modules), None)
        .unwrap_or_else(|error| panic!("the engine trapped: {error:?}"))
}

/// Runs a script to its trap, or to its end.
pub(crate) fn attempt(source: &str, fuel: u64) -> wasmtime::Result<Ran> {
    static METERED: OnceLock<Ready> = OnceLock::new();
    let meters = Meters {
        fuel: Some(fuel),
        ..Meters::default()
    };
    let modules = vec![Module {
        specifier: "mcp:test".to_owned(),
        contents: Contents::Tools(tools()),
    }];
    METERED
        .get_or_init(|| Ready::new(meters))
        .execute(script(source, "null", modules), Some(fuel))
}

pub(crate) fn script(source: &str, input: &str, modules: Vec<Module>) -> types::Script {
    types::Script {
        name: "test.ts".to_owned(),
        source: source.to_owned(),
        modules,
        input: input.to_owned(),
    }
}

pub(crate) fn tools() -> Vec<Tool> {
    (0..)
        .zip(TOOLS)
        .map(|(number, name)| Tool {
            name: name.to_owned(),
            number,
        })
        .collect()
}

/// The engine, compiled once for all tests of the process.
pub(crate) fn ready() -> &'static Ready {
    static READY: OnceLock<Ready> = OnceLock::new();
    READY.get_or_init(|| Ready::new(Meters::default()))
}

pub(crate) struct Ready {
    engine: Engine,
    instance: EnginePre<Host>,
    memory: usize,
}

impl Ready {
    pub(crate) fn new(meters: Meters) -> Self {
        let mut config = Config::new();
        config
            .consume_fuel(meters.fuel.is_some())
            .epoch_interruption(meters.epochs)
            .max_wasm_stack(meters.machine_stack)
            .async_stack_size(meters.machine_stack + (1 << 20))
            .wasm_component_model_async(true);
        let engine = Engine::new(&config).expect("the configuration is valid");
        let component = Component::new(
            &engine,
            mcp_script_engine_image::engine().expect("the engine was built"),
        );
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI links");
        bindings::Engine::add_to_linker::<_, HasSelf<_>>(&mut linker, |host| host)
            .expect("the host links");
        let instance = linker
            .instantiate_pre(&component.expect("the engine compiles"))
            .expect("all imports exist");
        Self {
            engine,
            instance: EnginePre::new(instance).expect("the exports are those of the world"),
            memory: meters.memory,
        }
    }

    pub(crate) fn execute(
        &self,
        script: types::Script,
        fuel: Option<u64>,
    ) -> wasmtime::Result<Ran> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime
            .block_on(self.executed(script, fuel))
            .map(|(ran, _)| ran)
    }

    /// The same, with the time that it takes to instantiate and run, and the fuel that is left.
    pub(crate) async fn executed(
        &self,
        script: types::Script,
        fuel: Option<u64>,
    ) -> wasmtime::Result<(Ran, u64)> {
        let host = Host {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new().memory_size(self.memory).build(),
            seen: Seen::default(),
            files: BTreeMap::from([("/data/a.txt".to_owned(), b"text of a".to_vec())]),
            state: BTreeMap::new(),
        };
        let mut store = Store::new(&self.engine, host);
        store.limiter(|host| &mut host.limits);
        store.set_epoch_deadline(1);
        if let Some(fuel) = fuel {
            store.set_fuel(fuel)?;
        }
        let instance = self.instance.instantiate_async(&mut store).await?;
        let outcome = store
            .run_concurrent(async |accessor| instance.call_run(accessor, script).await)
            .await??;
        let left = store.get_fuel().unwrap_or(0);
        let Seen {
            calls,
            log,
            sleeps,
            taken,
            refused,
        } = store.into_data().seen;
        Ok((
            Ran {
                outcome,
                calls,
                log,
                sleeps,
                taken,
                refused,
            },
            left,
        ))
    }
}

#[derive(Default)]
pub(super) struct Seen {
    calls: Vec<(u32, String)>,
    pub(super) log: Vec<String>,
    sleeps: Vec<u32>,
    taken: usize,
    refused: Vec<(u32, u32, Option<u32>)>,
}

pub(crate) struct Host {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
    pub(super) seen: Seen,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) state: BTreeMap<String, Vec<u8>>,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl types::Host for Host {}
impl host::Host for Host {
    fn take(&mut self, number: u32) -> host::Answer {
        assert_eq!(number, KEPT, "the engine takes what was kept");
        self.seen.taken += 1;
        host::Answer::Json(format!("[{}]", "1,".repeat(LARGE / 2) + "1"))
    }

    fn refuse(&mut self, tool: u32, bytes: u32, kept: Option<u32>) -> String {
        self.seen.refused.push((tool, bytes, kept));
        r#"{"server":"test","tool":"t","code":"too-large","message":"it does not fit","retryable":false,"details":null}"#.to_owned()
    }
}

impl<T: Send> host::HostWithStore<T> for HasSelf<Host> {
    async fn call(
        accessor: &Accessor<T, Self>,
        tool: u32,
        arguments: String,
    ) -> Result<host::Answer, String> {
        accessor.with(|mut access| access.get().seen.calls.push((tool, arguments.clone())));
        match TOOLS.get(usize::try_from(tool).expect("usize has 32 bits")) {
            Some(&"echo") => Ok(host::Answer::Json(arguments)),
            Some(&"slow") => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(host::Answer::Json(arguments))
            }
            Some(&"text") => Ok(host::Answer::Text("plain [text]".to_owned())),
            // The arguments as the value, and two files beside it.
            Some(&"shot") => Ok(host::Answer::WithFiles(host::WithFiles {
                json: arguments,
                files: r#"[{"type":"image","handle":"blob:0"},{"type":"audio","handle":"blob:1"}]"#.to_owned(),
            })),
            Some(&"never") => std::future::pending().await,
            Some(&"large") => Ok(host::Answer::Kept(host::Kept {
                number: KEPT,
                bytes: serde_json::from_str::<serde_json::Value>(&arguments)
                    .ok()
                    .and_then(|given| given["bytes"].as_u64())
                    .and_then(|bytes| u32::try_from(bytes).ok())
                    .expect("a number of bytes"),
            })),
            _ => Err(r#"{"server":"test","tool":"fail","code":"failed","message":"it failed","retryable":true,"details":{"a":1}}"#.to_owned()),
        }
    }

    async fn sleep(accessor: &Accessor<T, Self>, ms: u32) {
        accessor.with(|mut access| access.get().seen.sleeps.push(ms));
        tokio::time::sleep(Duration::from_millis(ms.into())).await;
    }
}
