//! The programs of this project: `mcp-host` runs skills, `mcp-codegen` writes the bindings that they import. One file
//! per command; shared code lies beside them. A library only because both programs share it.

// These macros panic if the stream is closed or full; `out` writes.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod always;
mod approve;
mod audit;
mod blobs;
mod build;
mod cache;
mod call;
mod codegen;
mod commands;
mod completions;
mod config;
mod declared;
mod describe;
mod dev;
mod dirs;
mod engine;
mod exit;
mod fixed;
mod format;
mod input;
mod inspect;
mod json_form;
mod kept;
mod limit_args;
mod limits;
mod log;
mod login;
mod next_step;
#[cfg(feature = "otlp")]
mod otlp;
mod out;
mod page;
mod plan;
mod policy;
mod progress;
mod questions;
mod record;
mod repeated;
mod replay;
mod report;
mod run;
mod run_args;
mod runs;
mod saved;
mod script;
mod serve;
mod server;
mod settings;
mod setup;
mod signals;
mod skill;
mod source;
mod spinner;
mod state;
mod stats;
mod table;
mod tools;
mod ui;
mod with;

use std::process::ExitCode;

/// The program `mcp-host`.
#[must_use]
pub fn host() -> ExitCode {
    // First: this may be a supervisor.
    mcp_bridge::supervise_servers();
    commands::main()
}

/// The program `mcp-codegen`.
#[must_use]
pub fn codegen() -> ExitCode {
    // First: this may be a supervisor.
    mcp_bridge::supervise_servers();
    codegen::main()
}
