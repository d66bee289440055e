//! What decisions cost: a call that a rule allows beside a call without policy, a run with a ledger beside one without,
//! and the resume of a run whose ledger has 1,000 calls.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mcp_benches::{
    SLOT, SLOTS, catalog_of, fake, run_script, script_engine, scripted_under, take_turns,
};
use mcp_bridge::Config;
use mcp_host::{
    Allocation, Catalog, Decided, Determinism, Engine, Grants, Ledger, Limits, Linked, Outcome,
    Policy, Request, Scope, Settings, execute_ledger,
};
use mcp_tests::root;
use tokio::runtime::Runtime;

/// Calls of one run: the cost of the run itself is small beside them.
const CALLS: usize = 1_000;

/// A rule that looks at the arguments of each call, and asks about others.
const RULES: &str = "[policy]\nallow = [{ tool = \"fake/wait\", where = { \"/name\" = { one-of = [\"a\", \"b\"] } } }]\n";

fn source(calls: usize, last: &str) -> String {
    format!(
        "import {{ wait }} from \"mcp:fake\";\n\
         for (let n = 0; n < {calls}; n++) await wait({{ name: \"b\" }});\n{last}\n\
         export default {calls};"
    )
}

fn grants() -> Arc<Grants> {
    let settings = Settings::parse(RULES, Path::new("mcp-host.toml")).unwrap();
    let policy = Policy::for_agents(settings.policy, "mcp-host.toml".into());
    Arc::new(Grants {
        policy: Some(Arc::new(policy)),
        ..Grants::default()
    })
}

/// In a test run, each bench only has to work.
fn calls() -> usize {
    let quick = !std::env::args().any(|argument| argument == "--bench");
    if quick { 10 } else { CALLS }
}

fn limits() -> Limits {
    Limits {
        calls: u32::try_from(CALLS + 1).unwrap(),
        ..Limits::default()
    }
}

/// Calls that a rule allows, and calls without policy, both without a ledger.
fn rules(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let engine = Engine::new(Allocation::Pooling {
        slots: SLOTS,
        memory: SLOT,
    })
    .unwrap();
    let scripts = script_engine(&engine);
    let calls = calls();
    let linked = |grants| {
        let catalog = catalog_of(fake(Duration::ZERO));
        scripted_under(&scripts, &source(calls, ""), catalog, grants)
    };
    let (ruled, free) = (linked(grants()), linked(Arc::default()));
    assert!(ruled.may_ask() && !free.may_ask());
    let limits = limits();
    let result = calls.to_string();
    let run = |linked: &Linked, runs: u32| {
        for _ in 0..runs {
            runtime.block_on(run_script(linked, &limits, &result));
        }
    };
    let mut group = criterion.benchmark_group("approvals");
    group.sample_size(20);
    take_turns(
        &mut group,
        1,
        &mut [
            ("calls/allowed", &mut |runs| run(&ruled, runs)),
            ("calls/free", &mut |runs| run(&free, runs)),
        ],
    );
    group.finish();
}

/// One run to a server process, with a ledger and without.
fn ledgers(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let scripts = script_engine(&engine);
    let calls = calls();
    let catalog = runtime.block_on(server());
    let linked = scripted_under(&scripts, &source(calls, ""), catalog, grants());
    let (limits, result) = (limits(), calls.to_string());
    let dir = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("approvals");
    group.sample_size(10);
    take_turns(
        &mut group,
        1,
        &mut [
            ("ledger/with", &mut |runs| {
                for _ in 0..runs {
                    let path = dir.path().join("ledger");
                    let ledger = begin(&linked, &limits, &path);
                    let ran = runtime.block_on(execute_ledger(
                        &linked,
                        ledger,
                        &limits,
                        std::future::pending(),
                    ));
                    let report = ran.unwrap();
                    assert_eq!(report.result.as_deref(), Some(&*result));
                    fs::remove_file(path).unwrap();
                }
            }),
            ("ledger/without", &mut |runs| {
                for _ in 0..runs {
                    runtime.block_on(run_script(&linked, &limits, &result));
                }
            }),
        ],
    );
    group.finish();
}

/// A run that stopped after its recorded calls, and that the user lets go on.
fn resumes(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let engine = Engine::new(Allocation::Pooling {
        slots: SLOTS,
        memory: SLOT,
    })
    .unwrap();
    let scripts = script_engine(&engine);
    let calls = calls();
    let asks = source(calls, "await wait({ name: \"c\" });");
    let linked = scripted_under(&scripts, &asks, catalog_of(fake(Duration::ZERO)), grants());
    let limits = limits();
    let dir = tempfile::tempdir().unwrap();
    let paused = dir.path().join("paused");
    let run = |ledger| {
        let ran = execute_ledger(&linked, ledger, &limits, std::future::pending());
        runtime.block_on(ran).unwrap()
    };
    let report = run(begin(&linked, &limits, &paused));
    assert_eq!(report.outcome, Outcome::Paused);
    let mut ledger = Ledger::open(&paused).unwrap();
    for question in ledger.questions() {
        ledger.decide(&question, allowed()).unwrap();
    }
    drop(ledger);
    let mut number = 0_u64;
    let mut copy = || -> PathBuf {
        number += 1;
        let path = dir.path().join(number.to_string());
        fs::copy(&paused, &path).unwrap();
        path
    };
    let mut group = criterion.benchmark_group("approvals");
    group.sample_size(20);
    group.bench_function("resume", |bencher| {
        bencher.iter_batched(
            &mut copy,
            |path| {
                let report = run(Ledger::open(&path).unwrap());
                assert_eq!(report.outcome, Outcome::Finished);
                assert_eq!(report.calls() as usize, calls + 1);
                fs::remove_file(path).unwrap();
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn begin(linked: &Linked, limits: &Limits, path: &Path) -> Ledger {
    let request = Request::Input("{}");
    Ledger::create(new(path), linked, &request, limits, Determinism::default()).unwrap()
}

fn new(path: &Path) -> File {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).open(path);
    file.unwrap()
}

fn allowed() -> Decided {
    Decided {
        allow: true,
        scope: Scope::Once,
        because: None,
        by: "bench".to_owned(),
        at: SystemTime::UNIX_EPOCH,
    }
}

/// The catalog of a server process that answers at once.
async fn server() -> Arc<Catalog> {
    let tools = root().join("tests/guests/fake.tools.json");
    let entry = serde_json::json!({"command": env!("CARGO_BIN_EXE_stdio-server"), "args": [tools]});
    let config = serde_json::json!({"mcpServers": {"fake": entry}}).to_string();
    let config = Config::parse(&config, Path::new("mcp.json")).unwrap();
    let names = ["fake".to_owned()].into();
    Arc::new(Catalog::open(&config, &names).await.unwrap())
}

criterion_group!(benches, rules, ledgers, resumes);
criterion_main!(benches);
