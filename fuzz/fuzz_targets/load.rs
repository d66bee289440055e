//! Bytes -> a component, or what calls itself one -> inspect, load, link. Whatever they are: no panic, messages of
//! bounded length, and an inspection that says of exports and servers what loading finds. The first byte decides
//! whether the others are a component as they are, what `wasm-smith` makes a component of, a tool's schema whose skill
//! is linked to the server `s` of this process, or that with a few bytes of the skill changed.
#![no_main]

mod component;
mod server;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Once};

use libfuzzer_sys::fuzz_target;
use mcp_host::{Allocation, Engine, Environment, Export, Inspection, Needs, Skill, inspect, link};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    match kind % 4 {
        0 => load(rest),
        1 => {
            if let Some(bytes) = server::generated(rest) {
                load(&bytes);
            }
        }
        2 => {
            if let Some(bytes) = server::skill(rest) {
                load(&bytes);
            }
        }
        _ => {
            if let Some((changes, schema)) = rest.split_at_checked(CHANGES)
                && let Some(mut bytes) = server::skill(schema)
            {
                change(&mut bytes, changes);
                load(&bytes);
            }
        }
    }
});

/// Four changes of three bytes.
const CHANGES: usize = 12;

/// Each change is a place in the component, and the byte that stands there now.
fn change(component: &mut [u8], changes: &[u8]) {
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % component.len();
        component[at] = change[2];
    }
}

fn load(bytes: &[u8]) {
    static ENGINE: LazyLock<Engine> =
        LazyLock::new(|| Engine::new(Allocation::OnDemand).expect("an engine"));
    static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(server::environment);
    let inspection = inspected(bytes);
    match Skill::load(&ENGINE, bytes, None) {
        Ok(skill) => {
            if let Some(inspection) = inspection {
                agree(&inspection, &skill, bytes);
            }
            if let Err(error) = link(&Arc::new(skill), &ENVIRONMENT) {
                short(&error, bytes);
            }
        }
        Err(error) => short(&error, bytes),
    }
}

fn inspected(bytes: &[u8]) -> Option<Inspection> {
    static HOOK: Once = Once::new();
    // The hook of libFuzzer ends the process before `inspect` can catch what its decoder panics with. A panic that
    // `inspect` does not catch ends it all the same.
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));
    inspect(bytes).inspect_err(|error| short(error, bytes)).ok()
}

/// What the bytes say without being compiled is what Wasmtime makes of them.
fn agree(inspection: &Inspection, skill: &Skill, bytes: &[u8]) {
    let tools = inspection.permissions.tools.iter();
    let servers: BTreeSet<_> = tools.map(|tool| tool.server.as_str()).collect();
    if let Some(needs) = Needs::read(bytes) {
        assert_eq!(needs, *skill.needs());
    }
    assert_eq!(servers, skill.needs().servers());
    let functions: BTreeSet<_> = inspection
        .functions
        .iter()
        .map(|f| f.name.clone())
        .collect();
    let exports: BTreeSet<_> = skill.exports().iter().map(Export::name).collect();
    assert_eq!(functions, exports);
}

/// A message may name every import, but it is not many times as long as the component.
fn short(error: &dyn std::error::Error, bytes: &[u8]) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        assert!(text.len() < 65_536 + 16 * bytes.len(), "{}", text.len());
        cause = error.source();
    }
}
