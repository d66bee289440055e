//! A server of 250 tools, of which a skill imports one: from the text of `tools/list` to the linked skill, in process;
//! and the same with a real server, from its start. The other tools are only listed.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::future::BoxFuture;
use mcp_benches::component;
use mcp_bridge::{Answer, CallError, Config, JsonObject, Tool};
use mcp_host::{Allocation, Catalog, Engine, Environment, Linked, Skill, ToolServer, link};
use mcp_tests::Fake;
use rmcp::model::ListToolsResult;
use serde_json::{Value, json};

const TOOLS: usize = 250;

fn linking(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let skill = Arc::new(Skill::load(&engine, &component("typed-call"), None).unwrap());
    let text = json!({ "tools": tools() }).to_string();
    let mut group = criterion.benchmark_group("link");
    group.bench_function("250-tools", |bencher| {
        bencher.iter(|| from_text(&skill, &text));
    });
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("tools.json");
    std::fs::write(&file, &text).unwrap();
    let entry = json!({"command": env!("CARGO_BIN_EXE_stdio-server"), "args": [file]});
    let config = json!({"mcpServers": {"fake": entry}}).to_string();
    let config = Config::parse(&config, Path::new("mcp.json")).unwrap();
    group.bench_function("250-tools-with-start", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(async || from_start(&skill, &config).await);
    });
    group.finish();
}

/// The three tools of the server `fake`, and others of typical size.
fn tools() -> Value {
    let mut tools = Fake::standard_tools();
    let list = tools.as_array_mut().unwrap();
    for number in list.len()..TOOLS {
        let property = |name: &str| {
            let description =
                format!("What the {name} of record {number} is, in a sentence of ordinary length.");
            json!({"type": "string", "description": description})
        };
        list.push(json!({
            "name": format!("update_record_{number}"),
            "description": "Changes a record, and says what it was before. Fields that are left out stay as they are.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "title": property("title"),
                    "owner": property("owner"),
                    "state": {"type": "string", "enum": ["open", "closed", "held"]},
                    "labels": {"type": "array", "items": property("label")},
                    "weight": {"type": "integer", "minimum": 0, "maximum": 100},
                },
                "required": ["title", "state"],
            },
            "outputSchema": {
                "type": "object",
                "properties": {"before": property("title"), "changed": {"type": "boolean"}},
                "required": ["changed"],
            },
            "annotations": {"readOnlyHint": number % 2 == 0},
        }));
    }
    tools
}

fn from_text(skill: &Arc<Skill>, text: &str) -> Linked {
    let tools = serde_json::from_str::<ListToolsResult>(text).unwrap().tools;
    assert_eq!(tools.len(), TOOLS);
    let server: Arc<dyn ToolServer> = Arc::new(Listed(tools));
    linked(skill, Catalog::of([server]).unwrap())
}

async fn from_start(skill: &Arc<Skill>, config: &Config) -> Linked {
    let names = ["fake".to_owned()].into();
    linked(skill, Catalog::open(config, &names).await.unwrap())
}

fn linked(skill: &Arc<Skill>, catalog: Catalog) -> Linked {
    let environment = Environment {
        catalog: Arc::new(catalog),
        ..Environment::default()
    };
    link(skill, &environment).unwrap()
}

/// A server that lists tools, and is never called.
struct Listed(Vec<Tool>);

impl ToolServer for Listed {
    fn name(&self) -> &str {
        "fake"
    }

    fn tools(&self) -> &[Tool] {
        &self.0
    }

    fn call<'a>(
        &'a self,
        tool: &'a str,
        _: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        unreachable!("nothing runs here, so no guest calls `{tool}`")
    }
}

criterion_group!(benches, linking);
criterion_main!(benches);
