//! Bytes -> calls of the host interface of the script engine, made by a component in its place. Whatever they are: the
//! run ends in a result, in a refusal or at a limit, and what the host allocates for it stays within the memory of the
//! run.
//!
//! The component is `engine-calls` of the tests: each line of its input is one call, with any number, argument and
//! order. `seed.sh` builds it; `ENGINE_CALLS` names another file.
#![no_main]

mod budget;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use budget::Budget;
use futures_util::future::BoxFuture;
use libfuzzer_sys::fuzz_target;
use mcp_bridge::{Answer, CallError, CallToolResult, ContentBlock, JsonObject, Tool};
use mcp_host::{
    Allocation, Catalog, Engine, Environment, Limits, Linked, Outcome, ScriptEngine, ScriptText,
    ToolServer, execute, link,
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

fuzz_target!(|bytes: &[u8]| run(&String::from_utf8_lossy(bytes)));

/// The memory of a run, and a tenth.
const MEMORY: usize = 8 << 20;
const BUDGET: Budget = Budget {
    bytes: MEMORY + MEMORY / 10,
    time: Duration::from_secs(3),
};

/// The tools have the numbers from 0 to 4.
const SCRIPT: &str = "import { big, echo, fail, gone, late } from \"mcp:lab\";\n\
    export default [big, echo, fail, gone, late];";

fn run(calls: &str) {
    static SETUP: LazyLock<Setup> = LazyLock::new(Setup::new);
    let setup = &*SETUP;
    let limits = Limits {
        memory: MEMORY,
        timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    let report = BUDGET.spend(|| {
        let run = execute(&setup.linked, calls, &limits);
        setup.runtime.block_on(run)
    });
    let report = report.expect("the host can run it");
    assert!(report.peak_memory <= MEMORY, "{}", report.peak_memory);
    match &report.outcome {
        Outcome::Finished
        | Outcome::OutOfMemory { .. }
        | Outcome::OutOfFuel { .. }
        | Outcome::TimedOut { .. }
        | Outcome::BudgetExhausted { .. } => {}
        Outcome::Failed { message } => {
            assert!(message.contains("the script engine"), "{message}");
            assert!(!message.contains("wasm backtrace"), "{message}");
        }
        outcome => panic!("{outcome:?}"),
    }
}

struct Setup {
    linked: Linked,
    runtime: Runtime,
}

impl Setup {
    fn new() -> Self {
        let path = std::env::var("ENGINE_CALLS").unwrap_or_else(|_| {
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../target/skills/wasm32-wasip2/release/engine_calls.wasm"
            )
            .to_owned()
        });
        let bytes = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{path}: {error}: run ./seed.sh, or name the component in ENGINE_CALLS")
        });
        let engine = Engine::new(Allocation::OnDemand).expect("an engine");
        let scripts = ScriptEngine::load(&engine, &bytes.into(), None).expect("a script engine");
        let text = ScriptText::read("script.ts", SCRIPT).expect("a script");
        let skill = Arc::new(scripts.skill(Arc::new(text)));
        let lab: Arc<dyn ToolServer> = Arc::new(Lab { tools: tools() });
        let environment = Environment {
            catalog: Arc::new(Catalog::of([lab]).expect("a catalog")),
            ..Environment::default()
        };
        Self {
            linked: link(&skill, &environment).expect("it links"),
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        }
    }
}

fn tools() -> Vec<Tool> {
    let open = json!({"type": "object"});
    let number = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}});
    let tool = |name: &str, schema: &Value| {
        serde_json::from_value(json!({"name": name, "inputSchema": schema})).expect("a tool")
    };
    vec![
        tool("big", &number),
        tool("echo", &open),
        tool("fail", &open),
        tool("gone", &open),
        tool("late", &number),
    ]
}

/// The server that is called: answers of any length, at once or late, and failures.
struct Lab {
    tools: Vec<Tool>,
}

impl ToolServer for Lab {
    fn name(&self) -> &str {
        "lab"
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        let number = arguments.get("n").and_then(Value::as_u64).unwrap_or(0);
        Box::pin(async move {
            let text = match tool {
                // A server has a bound of its own for an answer: one message.
                "big" => "x".repeat(usize::try_from(number.min(1 << 20)).unwrap_or_default()),
                "gone" => return Err(CallError::Unavailable("the server is gone".to_owned())),
                "late" => {
                    for _ in 0..number.min(1_000) {
                        tokio::task::yield_now().await;
                    }
                    String::new()
                }
                _ => Value::Object(arguments).to_string(),
            };
            let content = vec![ContentBlock::text(text)];
            Ok(match tool {
                "fail" => CallToolResult::error(content),
                _ => CallToolResult::success(content),
            }
            .into())
        })
    }
}
