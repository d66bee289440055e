//! Runs a skill a thousand times at once, on two threads, with a tool of this very program that takes 50 ms.
//!
//! The skill is any component that imports `wait` of the server `fake`; `tests/guests/skills/two-calls` is one:
//!
//! ```text
//! cargo run --release -p embed -- target/skills/wasm32-wasip2/release/two_calls.wasm
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::future::{BoxFuture, join_all};
use mcp_bridge::{Answer, CallError, CallToolResult, JsonObject, Tool};
use mcp_host::{Catalog, Environment, Host, Limits, Outcome, Request, ToolServer};
use serde_json::{Value, json};

/// Runs at once.
const RUNS: u32 = 1_000;

/// How long the tool takes.
const WAIT: Duration = Duration::from_millis(50);

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).context("pass a component")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(thousand(&std::fs::read(&path)?))
}

async fn thousand(component: &[u8]) -> anyhow::Result<()> {
    let host = Arc::new(Host::builder().slots(RUNS).build()?);
    let skill = host.load(component).await?;
    let server = Arc::new(Slow::new()?);
    let environment = Environment {
        catalog: Arc::new(Catalog::of([Arc::clone(&server) as Arc<dyn ToolServer>])?),
        ..Environment::default()
    };
    let linked = host.link(&skill, &environment)?;

    let started = Instant::now();
    let runs = (0..RUNS).map(|_| {
        let (host, linked) = (Arc::clone(&host), Arc::clone(&linked));
        // A task of its own, so that both threads work.
        tokio::spawn(async move {
            let limits = Limits::default();
            host.run(&linked, &Request::Input("{}"), &limits).await
        })
    });
    for run in join_all(runs).await {
        let report = run??;
        ensure!(report.outcome == Outcome::Finished, "{:?}", report.outcome);
    }
    let (elapsed, at_once) = (started.elapsed(), server.most.load(Ordering::Relaxed));
    eprintln!("{RUNS} runs in {elapsed:?}, up to {at_once} of them in a call at once");
    Ok(())
}

/// A server whose tool `wait` takes a while and returns its arguments.
struct Slow {
    tools: Vec<Tool>,
    waiting: AtomicUsize,
    most: AtomicUsize,
}

impl Slow {
    fn new() -> serde_json::Result<Self> {
        let name = json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
        let tools = json!([{ "name": "wait", "inputSchema": name, "outputSchema": name }]);
        Ok(Self {
            tools: serde_json::from_value(tools)?,
            waiting: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }
}

impl ToolServer for Slow {
    fn name(&self) -> &str {
        "fake"
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        _tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        Box::pin(async move {
            let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(waiting, Ordering::Relaxed);
            tokio::time::sleep(WAIT).await;
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            Ok(CallToolResult::structured(Value::Object(arguments)).into())
        })
    }
}
