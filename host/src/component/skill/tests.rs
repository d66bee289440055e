//! Components that are loaded or refused, and the engine that each is compiled for.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use super::*;
use crate::component::engine::Allocation;

/// A component of one of the contract's worlds, whose functions trap.
fn component(world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir("../wit").unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let abi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let mut module = dummy_module(&resolve, world, abi);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().module(&module).unwrap();
    encoder.validate(true).encode().unwrap()
}

#[test]
fn a_skill_without_async_is_compiled_for_the_engine_without_async() {
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let skill = Skill::load(&engine, &component("skill"), None).unwrap();
    assert!(wasmtime::Engine::same(
        skill.component.engine(),
        engine.sync()
    ));
}

#[test]
fn a_skill_with_async_is_compiled_for_the_engine_with_async() {
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let skill = Skill::load(&engine, &component("async-skill"), None).unwrap();
    let concurrent = engine.of(Kind::of(true, false)).unwrap();
    assert!(wasmtime::Engine::same(skill.component.engine(), concurrent));
    assert!(!wasmtime::Engine::same(concurrent, engine.sync()));
}

#[test]
fn a_compiled_skill_is_found_again_whichever_engine_it_is_for() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(&dir.path().join("cache"), &dir.path().join("key")).unwrap();
    for world in ["skill", "async-skill"] {
        let bytes = component(world);
        let engine = Engine::new(Allocation::OnDemand).unwrap();
        assert!(Skill::cached(&engine, &bytes, &cache).unwrap().is_none());
        Skill::load(&engine, &bytes, Some(&cache)).unwrap();

        let later = Engine::new(Allocation::OnDemand).unwrap();
        assert!(Skill::cached(&later, &bytes, &cache).unwrap().is_some());
    }
}
