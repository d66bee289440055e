//! The functions that a guest calls: one file per interface of `mcp:tools`, and the files of WASI. Each charges the
//! run; those of `mcp:tools` go through the call log. Tools, files and state are implemented in `run` and `storage`.

mod files;
pub(crate) mod granted;
mod log;
pub(crate) mod script;
mod state;
mod tools;

use wasmtime::component::{HasSelf, Linker};

use crate::contract::bindings::mcp::tools as interfaces;
use crate::run::Run;

/// Satisfies every `mcp:tools` import.
pub(crate) fn add_to_linker(linker: &mut Linker<Run>) -> wasmtime::Result<()> {
    interfaces::tools::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)?;
    interfaces::files::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)?;
    interfaces::state::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)?;
    interfaces::log::add_to_linker::<_, HasSelf<_>>(linker, |run: &mut Run| run)
}

impl interfaces::types::Host for Run {}
