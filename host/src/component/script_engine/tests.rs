//! The engine of scripts from code of the program, from the cache, and from the compiler.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    unsafe_code,
    reason = "the tests compile the code that they load, or load what Wasmtime refuses"
)]

use super::*;
use crate::component::engine::Allocation;

/// The smallest component that is loaded as a script engine.
fn component() -> Vec<u8> {
    let text = format!(
        r#"(component
            (import "{HOST}" (instance))
            (core module $module (func (export "run")))
            (core instance $instance (instantiate $module))
            (func (export "run") (canon lift (core func $instance "run"))))"#
    );
    wat::parse_str(text).unwrap()
}

/// A constant of a program: it begins at a page, and stays.
fn constant(code: &[u8]) -> &'static [u8] {
    const PAGE: usize = 65_536;
    let room: &'static mut [u8] = vec![0; code.len() + 2 * PAGE].leak();
    let start = room.as_ptr().addr().next_multiple_of(PAGE) - room.as_ptr().addr();
    room[start..start + code.len()].copy_from_slice(code);
    &room[start..start + code.len()]
}

fn image(code: Vec<u8>) -> ScriptImage {
    // SAFETY: the callers compiled it, or it is no code.
    unsafe { ScriptImage::from(component()).with_code(constant(&code)) }
}

#[test]
fn code_that_the_program_has_is_loaded_by_each_engine_of_a_process_and_is_not_compiled_again() {
    let first = Engine::new(Allocation::OnDemand).unwrap();
    let code = first.scripts().unwrap().precompile_component(&component());
    let image = image(code.unwrap());
    let pooled = Allocation::Pooling {
        slots: 2,
        memory: 1 << 20,
    };
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(&dir.path().join("cache"), &dir.path().join("key")).unwrap();
    let others = [Allocation::OnDemand, pooled].map(|allocation| Engine::new(allocation).unwrap());
    for engine in [&first].into_iter().chain(&others) {
        assert!(ScriptEngine::ready(engine, &image).is_some());
        assert!(ScriptEngine::is_compiled(engine, &image, &cache));
        ScriptEngine::load(engine, &image, Some(&cache)).unwrap();
    }
    assert_eq!(cache.entries(&first).unwrap().len(), 0);
}

#[test]
fn code_of_other_settings_is_not_loaded_and_the_engine_is_compiled_instead() {
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let of_skills = engine.sync().precompile_component(&component()).unwrap();
    for code in [of_skills, b"no code".to_vec()] {
        let image = image(code);
        assert!(ScriptEngine::ready(&engine, &image).is_none());
        assert!(ScriptEngine::load(&engine, &image, None).is_ok());
    }
}

#[test]
fn an_image_without_code_is_compiled_once_and_then_taken_from_the_cache() {
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let image = ScriptImage::from(component());
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(&dir.path().join("cache"), &dir.path().join("key")).unwrap();
    assert!(!ScriptEngine::is_compiled(&engine, &image, &cache));
    ScriptEngine::load(&engine, &image, Some(&cache)).unwrap();
    assert!(ScriptEngine::is_compiled(&engine, &image, &cache));
}
