//! Attacks of a hostile component on the host during compilation.

use std::time::{Duration, Instant};

use mcp_host::{Cache, CompileError, Compiler, LoadError, Skill};
use mcp_tests::{binary, engine, guest};
use redb::{ReadableDatabase as _, ReadableTableMetadata as _};

fn compiler() -> Compiler {
    Compiler::new(binary("mcp-host"), vec!["compile-worker".into()])
}

fn load_error(result: Result<Skill, LoadError>) -> LoadError {
    match result {
        Ok(_) => panic!("it compiled"),
        Err(error) => error,
    }
}

/// A component that holds one module with so many functions, each with so many instructions.
fn component(functions: u32, instructions: u32) -> Vec<u8> {
    let mut body = String::new();
    for _ in 0..instructions {
        body.push_str("(local.set 0 (i32.mul (local.get 0) (i32.load (local.get 0))))");
    }
    let mut text = String::from("(component (core module (memory 1)");
    for _ in 0..functions {
        text.push_str("(func (local i32)");
        text.push_str(&body);
        text.push(')');
    }
    text.push_str("))");
    wat::parse_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_compiles_in_a_process_of_its_own() {
    let bytes = std::fs::read(guest("echo")).unwrap();
    let skill = compiler().load(engine(), &bytes, None).await.unwrap();
    assert_eq!(
        skill.digest().to_string(),
        blake3::hash(&bytes).to_hex().as_str()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_takes_too_long_is_given_up() {
    let bytes = component(4, 60_000);
    // It takes a few times as long at least, where nothing else is going on.
    let deadline = Duration::from_millis(50);
    let start = Instant::now();
    let compiler = compiler().bounds(deadline, 4 << 30);
    let error = load_error(compiler.load(engine(), &bytes, None).await);
    assert!(
        matches!(error, LoadError::Compile(CompileError::TimedOut(_))),
        "{error}"
    );
    assert!(
        start.elapsed() < deadline + Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_takes_too_much_memory_ends_the_compiler_and_not_the_host() {
    // Enough for a small one.
    let compiler = compiler().bounds(Duration::from_secs(60), 320 << 20);
    let echo = std::fs::read(guest("echo")).unwrap();
    compiler.load(engine(), &echo, None).await.unwrap();
    let bytes = component(1, 200_000);
    let error = load_error(compiler.load(engine(), &bytes, None).await);
    assert!(
        matches!(error, LoadError::Compile(CompileError::Died { .. })),
        "{error}"
    );
    assert!(
        error.to_string().contains("335544320 bytes of memory"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_with_a_hundred_thousand_functions_is_refused_at_once() {
    let bytes = component(100_000, 0);
    let start = Instant::now();
    let error = load_error(compiler().load(engine(), &bytes, None).await);
    assert!(
        matches!(error, LoadError::TooManyFunctions { count: 100_000, .. }),
        "{error}"
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_component_is_the_components_fault() {
    let mut bytes = std::fs::read(guest("echo")).unwrap();
    bytes.truncate(bytes.len() / 2);
    let error = load_error(compiler().load(engine(), &bytes, None).await);
    assert!(matches!(error, LoadError::Invalid(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_that_is_not_there_is_the_hosts_fault() {
    let bytes = std::fs::read(guest("echo")).unwrap();
    let compiler = Compiler::new("/no/such/program".into(), Vec::new());
    let error = load_error(compiler.load(engine(), &bytes, None).await);
    assert!(
        matches!(error, LoadError::Compile(CompileError::Process { .. })),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_shares_functions_with_an_earlier_one_compiles_only_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let (compiled, key) = (
        dir.path().join("compiled"),
        dir.path().join("key/cache.key"),
    );
    let cache = Cache::open(&compiled, &key).unwrap();
    let store = compiled.join("functions/functions.redb");
    let entries = || -> u64 {
        let database = redb::Database::open(&store).unwrap();
        let functions: redb::TableDefinition<'_, &[u8; 32], &[u8]> =
            redb::TableDefinition::new("functions");
        let table = database
            .begin_read()
            .unwrap()
            .open_table(functions)
            .unwrap();
        table.len().unwrap()
    };
    let load = async |bytes: &[u8]| {
        let skill = compiler()
            .load(engine(), bytes, Some(&cache))
            .await
            .unwrap();
        (skill.digest().to_string(), entries())
    };
    let bytes = std::fs::read(guest("echo")).unwrap();
    let (digest, first) = load(&bytes).await;
    assert!(first > 10, "{first}");
    // The same code in a component with another digest: a custom section at the end.
    let other = [bytes.as_slice(), b"\x00\x05\x04note"].concat();
    let (other_digest, second) = load(&other).await;
    assert_ne!(digest, other_digest);
    // Some adapters of components differ.
    assert!(
        (first..first + first / 5).contains(&second),
        "{first}, {second}"
    );
    // Another program has functions of its own.
    let (_, third) = load(&std::fs::read(guest("one-call")).unwrap()).await;
    assert!(third > second + first / 5, "{third}");
    cache.clear().unwrap();
    assert!(!store.exists());
}
