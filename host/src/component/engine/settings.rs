//! The settings on which compiled code depends: code that was made with others is not loaded. The build script of
//! `script-engine-code` includes this file, which therefore knows Wasmtime and nothing else.

use wasmtime::{Config, WasmBacktraceDetails};

/// What an engine does for a component that others do not need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kind {
    /// Component-model async. It costs bookkeeping in every call that crosses into or out of a component, a quarter of
    /// a short run.
    pub(crate) is_concurrent: bool,
    /// Checks of the epoch, for components in which the host works for the guest without using up fuel. With both fuel
    /// and epochs, computation takes up to 1.7 times as long as with one of them.
    pub(crate) has_epochs: bool,
}

impl Kind {
    pub(crate) const fn of(is_concurrent: bool, has_epochs: bool) -> Self {
        Self {
            is_concurrent,
            has_epochs,
        }
    }
}

/// The kind of the engine that runs scripts.
pub(crate) const SCRIPTS: Kind = Kind::of(true, false);

/// Fuel, and none of the WebAssembly proposals that skills do not need (GC, threads, 64-bit memories).
pub(crate) fn of(kind: Kind) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(kind.has_epochs)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_threads(false)
        .wasm_memory64(false)
        // The engine does not read debug information.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .concurrency_support(kind.is_concurrent);
    config
}
