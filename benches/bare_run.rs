//! The baseline for `mcp-host run`: a program around bare Wasmtime that runs a skill once, with Wasmtime's own cache,
//! and prints the result. `bare-run COMPONENT INPUT CACHE-DIR`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it is measured, and not used"
)]

use std::path::Path;

use mcp_benches::Bare;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [component, input, cache] = arguments.as_slice() else {
        panic!("usage: bare-run COMPONENT INPUT CACHE-DIR");
    };
    let component = std::fs::read(component).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let skill = Bare::cached(&component, Path::new(cache));
    println!("{}", runtime.block_on(skill.run(input)));
}
