//! The child's side: a component on stdin becomes its compiled form on stdout. And how the parent reads that.

use std::io::{self, Read as _, Write as _};

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::component::Component;

use crate::component::cache::Cache;
use crate::component::digest::Digest;
use crate::component::engine::{Allocation, Engine};
use crate::component::skill::{Compiled, Footprint, LoadError, MAX_COMPONENT, Skill};
use crate::short;

/// What the first byte of the output says of the rest.
const SYNC: u8 = b's';
const CONCURRENT: u8 = b'c';
const INVALID: u8 = b'i';

/// Compiles what comes on stdin, under these bounds, and writes the compiled form to stdout. The whole job of a
/// process that [`Compiler`](super::Compiler) starts; `memory` is in bytes, `seconds` of each processor.
///
/// # Errors
///
/// When the bounds cannot be set, or the pipes break.
pub fn work(memory: u64, seconds: u64) -> io::Result<()> {
    confine(memory, seconds)?;
    let mut bytes = Vec::new();
    // A longer one is refused for its length.
    let most = MAX_COMPONENT as u64 + 1;
    io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    let (tag, output) = compile(&bytes).unwrap_or_else(|error| {
        let message = short::error(&error).to_string();
        (INVALID, message.into_bytes())
    });
    let mut stdout = io::stdout().lock();
    stdout.write_all(&[tag])?;
    stdout.write_all(&output)?;
    stdout.flush()
}

fn compile(bytes: &[u8]) -> wasmtime::Result<(u8, Vec<u8>)> {
    let engine = Engine::new(Allocation::OnDemand)?;
    let tag = |compiled: &Compiled| match compiled {
        Compiled::Sync(_) => SYNC,
        Compiled::Concurrent(_) => CONCURRENT,
    };
    let compiled = Skill::compile(&engine, bytes)?;
    Ok((tag(&compiled), compiled.component().serialize()?))
}

/// What the compiler needs: memory and time up to the bounds, and no file.
fn confine(memory: u64, seconds: u64) -> io::Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    for (resource, limit) in [
        (Resource::As, memory),
        (Resource::Cpu, seconds.max(1).saturating_mul(processors)),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Loads what a child wrote, and keeps it in the cache.
pub(super) fn read(
    engine: &Engine,
    bytes: &[u8],
    footprint: Option<Footprint>,
    output: Vec<u8>,
    cache: Option<&Cache>,
) -> Result<Skill, LoadError> {
    let (tag, code) = match output.split_first() {
        Some((&INVALID, message)) => {
            let message = String::from_utf8_lossy(message).into_owned();
            return Err(LoadError::Invalid(wasmtime::Error::msg(message)));
        }
        Some((tag @ (&SYNC | &CONCURRENT), code)) => (*tag, code),
        Some(_) | None => {
            let message = "the compiler gave no compiled form";
            return Err(LoadError::Engine(wasmtime::Error::msg(message)));
        }
    };
    let wasmtime = match tag {
        CONCURRENT => engine.concurrent().map_err(LoadError::Engine)?,
        _ => engine.sync(),
    };
    #[allow(
        unsafe_code,
        reason = "deserialize runs what it is given; these bytes come from our own program, over a pipe that nobody else holds"
    )]
    let component = unsafe { Component::deserialize(wasmtime, code) }
        .map_err(|error| LoadError::Engine(short::error(&error)))?;
    let footprint = Skill::compiled(&component, footprint)?;
    let digest = Digest::of(bytes);
    if let Some(cache) = cache {
        cache.put(wasmtime, &digest, footprint, code);
    }
    Skill::of(engine, component, bytes, digest, footprint)
}
