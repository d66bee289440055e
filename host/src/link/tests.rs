//! Imports that do not link, and the words of each refusal.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use super::*;
use crate::component::engine::{Allocation, Engine};

/// A component of the world `w` in this text. It does nothing, and is never run.
pub(super) fn component(engine: &Engine, wit: &str) -> Arc<Skill> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("w.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("w")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let bytes = ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    Arc::new(Skill::load(engine, &bytes, None).unwrap())
}

fn refused(import: &str, package: &str) -> LinkError {
    let engine = Engine::new(Allocation::OnDemand).unwrap();
    let wit = format!(
        "package test:link@1.0.0;\nworld w {{ import {import}; export go: func(); }}\n{package}"
    );
    match link(&component(&engine, &wit), &Environment::default()) {
        Ok(_) => panic!("it links"),
        Err(error) => error,
    }
}

#[test]
fn error_about_another_contract_version_names_the_served_one() {
    let other = "package mcp:tools@0.9.0 { interface log { f: func(); } }";
    assert_eq!(
        refused("mcp:tools/log@0.9.0", other).to_string(),
        "import `mcp:tools/log@0.9.0`: this host serves version 0.1.0 of `mcp:tools`"
    );
}

#[test]
fn network_is_refused_with_what_to_do_instead() {
    let http = "package wasi:http@0.2.0 { interface outgoing-handler { handle: func(); } }";
    let error = refused("wasi:http/outgoing-handler@0.2.0", http);
    assert_eq!(
        error.to_string(),
        "import `wasi:http/outgoing-handler@0.2.0`: this host does not serve it"
    );
    assert_eq!(
        error.hint().unwrap(),
        "skills get no network and no host files; tools do that work"
    );
}

#[test]
fn function_that_an_interface_of_wasi_does_not_have_is_named() {
    let random = "package wasi:random@0.2.0 { interface random { no-such: func(); } }";
    let error = refused("wasi:random/random@0.2.0", random);
    assert_eq!(error.to_string(), "the imports do not fit");
    let LinkError::Wasmtime(cause) = error else {
        panic!("{error}")
    };
    assert!(format!("{cause:?}").contains("no-such"), "{cause:?}");
}
