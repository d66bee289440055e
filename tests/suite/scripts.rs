//! Scripts through the program: what runs, what is refused, and what an author reads.

mod ahead;
mod deadline;
mod dense;
mod errors;
mod generated;
mod hostile;
mod library;
mod manifest;
mod paused;
mod raw;
mod reached;
mod recordings;
mod repeated;
mod results;
mod too_large;
pub(crate) mod types;
mod values;

use crate::cli::{Host, Ran};

/// A host with a server that echoes, and a script.
pub(super) fn host(script: &str) -> Host {
    let host = Host::new();
    host.scripted("ok");
    host.file("script.ts", script);
    host
}

/// Runs a script beside that server.
pub(super) fn run(script: &str, more: &[&str]) -> Ran {
    let args = [&["run", "script.ts"], more].concat();
    host(script).run(&args)
}

/// The result of a script that finishes.
#[track_caller]
pub(super) fn result(script: &str) -> String {
    let ran = run(script, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout.trim_end().to_owned()
}
