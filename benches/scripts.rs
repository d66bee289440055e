//! Scripts in a running process whose engine is loaded: an empty one, two calls, 50 calls at once, work on JSON beside
//! a native QuickJS, the reading of a source, and calls to a server process beside those of a typed component.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::{
    SLOT, SLOTS, catalog_of, component, fake, run_script, script_engine, scripted, take_turns,
};
use mcp_bridge::Config;
use mcp_host::{
    Allocation, Catalog, Engine, Environment, Limits, Linked, Outcome, ScriptText, Skill, execute,
    link,
};
use mcp_tests::root;
use serde_json::json;
use tokio::runtime::Runtime;

const EMPTY: &str = "export default 1";

const TWO_CALLS: &str = r#"
import { wait } from "mcp:fake";
const first = await wait({ name: "b" });
const second = await wait({ name: "c" });
export default first.name + second.name;
"#;

const FIFTY_CALLS: &str = r#"
import { wait } from "mcp:fake";
const calls = Array.from({ length: 50 }, () => wait({ name: "a" }));
export default (await Promise.all(calls)).length;
"#;

/// 0.8 MB of JSON.
const JSON: &str = "
const rows = [];
for (let n = 0; n < 6000; n++) {
    rows.push({
        id: n, name: 'row number ' + n, tags: ['a', 'b', 'c'], score: (n * 7919) % 1000,
        nested: { deep: [n, n + 1], text: 'some text that is longer' },
    });
}
const back = JSON.parse(JSON.stringify(rows));
const names = back.filter((row) => row.score > 500).map((row) => row.name).sort();
";

/// What the script above has as its result.
const NAMES: &str = "2994";

/// Calls of a run to a server process: the cost of the run itself is small beside them.
const CALLS: u32 = 1_000;

fn scripts(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let engine = Engine::new(Allocation::Pooling {
        slots: SLOTS,
        memory: SLOT,
    })
    .unwrap();
    let scripts = script_engine(&engine);
    let limits = Limits::default();
    let at_once = |source| scripted(&scripts, source, catalog_of(fake(Duration::ZERO)));
    let (empty, two_calls) = (at_once(EMPTY), at_once(TWO_CALLS));
    let slow = catalog_of(fake(Duration::from_millis(100)));
    let fifty_calls = scripted(&scripts, FIFTY_CALLS, slow);

    let mut group = criterion.benchmark_group("scripts");
    let run = |linked: &Linked, result: &str| runtime.block_on(run_script(linked, &limits, result));
    group.bench_function("empty", |bencher| bencher.iter(|| run(&empty, "1")));
    group.bench_function("two-calls", |bencher| {
        bencher.iter(|| run(&two_calls, "\"bc\""));
    });
    group.bench_function("read-100-lines", |bencher| {
        let source = hundred_lines();
        bencher.iter(|| ScriptText::read("bench.ts", black_box(&source)).unwrap());
    });
    group.sample_size(10);
    group.bench_function("fifty-calls", |bencher| {
        bencher.iter(|| run(&fifty_calls, "50"));
    });

    let json = at_once(&format!("{JSON}export default names.length;"));
    let native = Native::new();
    take_turns(
        &mut group,
        1,
        &mut [
            ("json/script", &mut |runs| {
                (0..runs).for_each(|_| run(&json, NAMES));
            }),
            ("json/native", &mut |runs| {
                (0..runs).for_each(|_| native.run());
            }),
        ],
    );
    group.finish();
}

fn calls(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let catalog = runtime.block_on(server());
    // In a test run, each bench only has to work.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let calls = if quick { 10 } else { CALLS };
    let limits = Limits {
        calls,
        ..Limits::default()
    };
    let source = format!(
        r#"
        import {{ wait }} from "mcp:fake";
        let calls = 0;
        while (calls < {calls}) {{
            await wait({{ name: "a" }});
            calls += 1;
        }}
        export default calls;
        "#
    );
    let script = scripted(&script_engine(&engine), &source, Arc::clone(&catalog));
    let skill = Arc::new(Skill::load(&engine, &component("lanes"), None).unwrap());
    let environment = Environment {
        catalog,
        ..Environment::default()
    };
    let skill = link(&skill, &environment).unwrap();
    let input = json!({"lanes": 1, "calls": calls}).to_string();
    let mut group = criterion.benchmark_group("scripts");
    group.sample_size(10);
    take_turns(
        &mut group,
        1,
        &mut [
            ("calls/script", &mut |runs| {
                for _ in 0..runs {
                    let result = calls.to_string();
                    runtime.block_on(run_script(&script, &limits, &result));
                }
            }),
            ("calls/skill", &mut |runs| {
                for _ in 0..runs {
                    let report = runtime.block_on(execute(&skill, &input, &limits)).unwrap();
                    assert_eq!(report.outcome, Outcome::Finished);
                    assert_eq!(report.calls(), calls);
                }
            }),
        ],
    );
    group.finish();
}

/// The catalog of a server process that answers at once.
async fn server() -> Arc<Catalog> {
    let tools = root().join("tests/guests/fake.tools.json");
    let entry = json!({"command": env!("CARGO_BIN_EXE_stdio-server"), "args": [tools]});
    let config = json!({"mcpServers": {"fake": entry}}).to_string();
    let config = Config::parse(&config, Path::new("mcp.json")).unwrap();
    let names = ["fake".to_owned()].into();
    Arc::new(Catalog::open(&config, &names).await.unwrap())
}

/// 100 lines as models write them, with types, two servers, functions and template strings.
fn hundred_lines() -> String {
    let head = "import { list_issues, add_label } from \"mcp:tracker\";\nimport { log } from \"mcp-host\";\n";
    let function = |number: usize| {
        format!(
            "interface Issue{number} {{ id: number; title: string; labels?: string[] }}\n\
             async function label{number}(limit: number, prefix = \"bug\"): Promise<Issue{number}[]> {{\n    \
                 const page = (await list_issues({{ state: \"open\", limit }})) as {{ items: Issue{number}[] }};\n    \
                 const chosen = page.items.filter((issue) => issue.title?.startsWith(prefix) ?? false);\n    \
                 for (const issue of chosen) {{\n        \
                     await add_label({{ id: issue.id, label: `${{prefix}}-${{issue.labels?.length ?? 0}}` }});\n    \
                 }}\n    \
                 return chosen.sort((a, b) => a.title.localeCompare(b.title));\n\
             }}\n"
        )
    };
    let mut source = head.to_owned();
    for number in 0..11 {
        source.push_str(&function(number));
    }
    source.push_str("export default await label0(50);\n");
    // 2 + 11 * 9 + 1 lines.
    assert_eq!(source.lines().count(), 102);
    source
}

/// The same QuickJS-ng, compiled for this machine, without a sandbox and without limits.
struct Native {
    context: rquickjs::Context,
    source: String,
}

impl Native {
    fn new() -> Self {
        let runtime = rquickjs::Runtime::new().unwrap();
        Self {
            context: rquickjs::Context::full(&runtime).unwrap(),
            source: format!("(() => {{{JSON} return names.length; }})()"),
        }
    }

    fn run(&self) {
        let names: i32 = self
            .context
            .with(|context| context.eval(&*self.source).unwrap());
        assert_eq!(names.to_string(), NAMES);
    }
}

criterion_group!(benches, scripts, calls);
criterion_main!(benches);
