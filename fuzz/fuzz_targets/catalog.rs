//! Bytes -> pages of `tools/list` -> a server of the bridge, the WIT of its tools, and a guest that lists and reads
//! `/mcp-tools`. Whatever the pages are: memory and processor time stay under what a server, a catalog and a run may
//! take.
//!
//! The pages come over HTTP from a thread of this process. The first two bytes say how often the tools of a page and
//! the pages are there again under other names, so that a few bytes say a catalog of hundreds of tools. What follows is
//! the text of up to eight pages, each of which ends where a byte is 255: an array of tools, or else the whole result.
#![no_main]

mod budget;
mod component;
mod pages;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use budget::Budget;
use libfuzzer_sys::{Corpus, fuzz_target};
use mcp_bridge::{Client, Config, ConnectOptions};
use mcp_codegen::{Flavour, package};
use mcp_host::{
    Allocation, Catalog, Engine, Environment, Invocation, Limits, Outcome, Skill, ToolServer,
    invoke, link,
};
use pages::{Pages, Web};
use tokio::runtime::{Builder, Runtime};

fuzz_target!(|bytes: &[u8]| -> Corpus { run(bytes).map_or(Corpus::Reject, |()| Corpus::Keep) });

/// `max_message_bytes` of the server, and what the bridge may take beside it for all of a server.
const MESSAGE: usize = 1 << 20;
const BESIDE: usize = 16 << 20;

/// The memory of the run, and how much of it the guest has from the beginning: 64 pages, which never grow.
const MEMORY: usize = 16 << 20;
const GUEST: usize = 64 << 16;

fn run(bytes: &[u8]) -> Option<()> {
    static SETUP: LazyLock<Setup> = LazyLock::new(Setup::new);
    let setup = &*SETUP;
    let pages = Pages::of(bytes)?;
    let text = pages.together();
    let length = text.len();
    let time = |base: u64| {
        let each = u32::try_from(length).unwrap_or(u32::MAX);
        Duration::from_secs(base) + Duration::from_micros(2) * each
    };

    let codegen = Budget {
        bytes: (64 << 20) + (128 * length).min(128 << 20),
        time: time(4),
    };
    codegen.spend(|| {
        if let Ok(catalog) = mcp_codegen::Catalog::parse(&text) {
            let made = package("s", &catalog.tools, Flavour::Sync);
            drop(made.expect("valid WIT"));
        }
    });

    setup.web.serve(pages);
    let connect = Budget {
        bytes: tenth_more(MESSAGE + BESIDE) + (1 << 20),
        time: time(2),
    };
    let connected = connect.spend(|| {
        let config = setup.config.server("s").expect("it is configured");
        let connected = setup
            .runtime
            .block_on(Client::connect(config, ConnectOptions::default()));
        connected.map_err(|error| drop(error.to_string())).ok()
    });
    // A server that cannot be used is what most changes make.
    let Some(server) = connected else {
        return Some(());
    };

    let server: Arc<dyn ToolServer> = Arc::new(server);
    let catalog = Arc::new(Catalog::of([server]).expect("a catalog"));
    let environment = Environment {
        catalog: Arc::clone(&catalog),
        ..Environment::default()
    };
    let limits = Limits {
        memory: MEMORY,
        timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    // What is known of the files outlives a run, and is shorter than the list of tools.
    let listing = Budget {
        bytes: tenth_more(MEMORY) - GUEST + length,
        time: time(2),
    };
    let report = listing.spend(|| {
        let linked = link(&setup.skill, &environment).expect("it links");
        let run = invoke(&linked, &setup.invocation, &limits);
        setup.runtime.block_on(run)
    });
    let report = report.expect("the host can run it");
    assert!(report.peak_memory <= MEMORY, "{}", report.peak_memory);
    assert!(
        !matches!(report.outcome, Outcome::Denied { .. }),
        "{:?}",
        report.outcome
    );
    drop(environment);
    if let Some(catalog) = Arc::into_inner(catalog) {
        setup.runtime.block_on(catalog.close());
    }
    Some(())
}

fn tenth_more(bytes: usize) -> usize {
    bytes + bytes / 10
}

struct Setup {
    web: Web,
    config: Config,
    skill: Arc<Skill>,
    invocation: Invocation,
    runtime: Runtime,
}

impl Setup {
    fn new() -> Self {
        let web = Web::start();
        let config = format!(
            r#"{{"mcpServers": {{"s": {{"url": "http://127.0.0.1:{}/", "limits": {{"max_message_bytes": {MESSAGE}}}}}}}}}"#,
            web.port
        );
        let engine = Engine::new(Allocation::OnDemand).expect("an engine");
        let component = component::guest(&[], WORLD, MODULE);
        let skill = Skill::load(&engine, &component, None).expect("a skill");
        let setup = Self {
            web,
            config: Config::parse(&config, Path::new("mcp.json")).expect("a configuration"),
            invocation: skill.invocation("f", None).expect("it exports it"),
            skill: Arc::new(skill),
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        };
        // What the first connection makes for all that follow is no part of any input.
        setup.web.serve(Pages::of(b"\0\0[]").expect("pages"));
        let config = setup.config.server("s").expect("it is configured");
        let first = setup
            .runtime
            .block_on(Client::connect(config, ConnectOptions::default()));
        let first = first.expect("the first connection");
        setup.runtime.block_on(first.close());
        setup
    }
}

const WORLD: &str = "
    package fuzz:guest;
    world built {
        import mcp:tools/files@0.1.0;
        export f: func();
    }";

/// Lists the directory of the server twice and reads three files. Each result takes the place of the one before.
const MODULE: &str = r#"
(module
    (import "mcp:tools/files@0.1.0" "list-dir" (func $list (param i32 i32 i32)))
    (import "mcp:tools/files@0.1.0" "read-file" (func $read (param i32 i32 i32)))
    (memory (export "memory") 64 64)
    (global $next (mut i32) (i32.const 1024))
    (data (i32.const 0) "/mcp-tools/s")
    (data (i32.const 64) "/mcp-tools/s/tools.json")
    (data (i32.const 128) "/mcp-tools/s/tools.wit")
    (data (i32.const 192) "/mcp-tools/s/t.json")
    (func (export "cabi_realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
            (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
            (i32.sub (i32.const 0) (local.get $align))))
        (if (i32.gt_u (local.get $size) (i32.sub (i32.const 0x400000) (local.get $at))) (then (unreachable)))
        (global.set $next (i32.add (local.get $at) (local.get $size)))
        (memory.copy (local.get $at) (local.get $old) (local.get $had))
        (local.get $at))
    (func $again (global.set $next (i32.const 1024)))
    (func (export "f")
        (call $list (i32.const 0) (i32.const 12) (i32.const 256))
        (call $again)
        (call $read (i32.const 64) (i32.const 23) (i32.const 256))
        (call $again)
        (call $read (i32.const 192) (i32.const 19) (i32.const 256))
        (call $again)
        (call $read (i32.const 128) (i32.const 22) (i32.const 256))
        (call $again)
        (call $list (i32.const 0) (i32.const 12) (i32.const 256))))
"#;
