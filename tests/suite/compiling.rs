//! Attacks of a hostile component on the host during compilation.

use std::time::{Duration, Instant};

use mcp_host::{CompileError, Compiler, LoadError, Skill};
use mcp_tests::{binary, engine, guest};

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
